//! `modules OUT COUNT SEED`: generated modules, the same ones for the same seed and crate version.
//!
//! Their names say how far their NaN bits depend on the engine: `000001.exact.wasm` makes every NaN
//! canonical by itself, `.converts.wasm` all but those of conversions between float widths, which
//! wasm-smith leaves alone, `.free.wasm` none.

use arbitrary::Unstructured;
use std::{error::Error, fs, path::Path};
use wasm_smith::{Config, MemoryOffsetChoices, Module};
use wasmparser::{Operator, Parser, Payload};

/// What a generated function or loop may spend before it traps by itself: an `i32` in the module.
const OWN_FUEL: u32 = 400;

/// Random bytes that one module is made from.
const INPUT_BYTES: usize = 16 * 1024;

pub fn write(out: &Path, count: u32, seed: u64) -> Result<String, Box<dyn Error>> {
    fs::create_dir_all(out)?;
    let mut random = SplitMix(seed);
    for number in 0..count {
        let input: Vec<u8> = (0..INPUT_BYTES / 8)
            .flat_map(|_| random.next().to_le_bytes())
            .collect();
        let mut module = Module::new(config(number), &mut Unstructured::new(&input))?;
        module.ensure_termination(OWN_FUEL)?;
        let bytes = module.to_bytes();
        let kind = match canonical(number) {
            false => "free",
            true if converts_floats(&bytes)? => "converts",
            true => "exact",
        };
        fs::write(out.join(format!("{number:06}.{kind}.wasm")), bytes)?;
    }
    Ok(format!("{count} modules"))
}

/// Only what a plugin may use; every second module is without SIMD, every third small and dense.
fn config(number: u32) -> Config {
    Config {
        allow_start_export: number.is_multiple_of(4),
        bulk_memory_enabled: true,
        // Random code traps early, mostly; this one runs to its end.
        disallow_traps: number % 5 < 3,
        canonicalize_nans: canonical(number),
        // Floats convert in nearly every module; those without any are compared in every way.
        allow_floats: number % 4 != 2,
        multi_value_enabled: true,
        reference_types_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        simd_enabled: number.is_multiple_of(2),
        acquire_release_atomics_enabled: false,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        export_everything: true,
        max_imports: 0,
        min_types: 4,
        min_funcs: if number.is_multiple_of(3) { 3 } else { 6 },
        max_funcs: if number.is_multiple_of(3) { 4 } else { 12 },
        min_globals: 3,
        min_tables: 1,
        min_element_segments: 1,
        min_data_segments: u32::from(!number.is_multiple_of(5)) as usize,
        max_instructions: if number.is_multiple_of(3) { 900 } else { 250 },
        max_nesting_depth: 12,
        max_globals: 8,
        min_memories: u32::from(!number.is_multiple_of(5)),
        max_memories: 1,
        max_memory32_bytes: 16 * 65536,
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(95, 4, 1),
        max_tables: 3,
        max_table_elements: 64,
        table_max_size_required: true,
        max_elements: 20,
        max_element_segments: 6,
        max_data_segments: 6,
        ..Config::default()
    }
}

/// Three of four modules make their NaNs canonical: those can be compared with the original to the bit.
fn canonical(number: u32) -> bool {
    number % 4 != 3
}

fn converts_floats(bytes: &[u8]) -> Result<bool, Box<dyn Error>> {
    for payload in Parser::new(0).parse_all(bytes) {
        let Payload::CodeSectionEntry(body) = payload? else {
            continue;
        };
        for operator in body.get_operators_reader()? {
            if matches!(
                operator?,
                Operator::F32DemoteF64
                    | Operator::F64PromoteF32
                    | Operator::F32x4DemoteF64x2Zero
                    | Operator::F64x2PromoteLowF32x4
            ) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Steele, Lea and Flood's splitmix64: small, and the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
