/** The module `spectest` that scripts import from. @see the suite's interpreter, `spectest` */
export function spectest(): Record<string, WebAssembly.ImportValue> {
  const nothing = () => {};
  const global = (value: WebAssembly.ValueType, initial: number | bigint) =>
    new WebAssembly.Global({ value }, initial as number);
  return {
    print: nothing,
    print_i32: nothing,
    print_i64: nothing,
    print_f32: nothing,
    print_f64: nothing,
    print_i32_f32: nothing,
    print_f64_f64: nothing,
    global_i32: global("i32", 666),
    global_i64: global("i64", 666n),
    global_f32: global("f32", 666.6),
    global_f64: global("f64", 666.6),
    table: new WebAssembly.Table({ element: "anyfunc", initial: 10, maximum: 20 }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}
