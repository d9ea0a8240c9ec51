/*
 * The part of Extism's host interface that this plugin uses, declared by hand.
 * https://extism.org/docs/concepts/memory
 */
#pragma once
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("extism:host/env"), import_name(#name))) name
#define EXPORT(name) __attribute__((export_name(#name))) name

uint64_t IMPORT(input_length)(void);
uint32_t IMPORT(input_load_u8)(uint64_t offset);
uint64_t IMPORT(input_load_u64)(uint64_t offset);
uint64_t IMPORT(alloc)(uint64_t length);
void IMPORT(store_u8)(uint64_t address, uint32_t byte);
void IMPORT(output_set)(uint64_t address, uint64_t length);
void IMPORT(error_set)(uint64_t address);

struct block {
  uint64_t address, length;
};

/* Copies a text to the host. */
static struct block to_host(const char *text) {
  struct block block = {0, 0};
  while (text[block.length] != '\0') block.length++;
  block.address = alloc(block.length);
  for (uint64_t i = 0; i < block.length; i++) store_u8(block.address + i, (uint8_t)text[i]);
  return block;
}
