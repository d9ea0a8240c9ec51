import type { FunctionType } from "../../wasm/outline.ts";

/** The module name of WASI preview 1. */
export const WASI_MODULE = "wasi_snapshot_preview1";

/**
 * Parameters of every function, `i` for i32 and `I` for i64. All give an errno as i32, except
 * `proc_exit`, which does not come back.
 *
 * @see https://github.com/WebAssembly/WASI/tree/wasi-0.1/preview1/witx, typenames and
 * wasi_snapshot_preview1
 */
const PARAMS: Readonly<Record<string, string>> = {
  args_get: "ii",
  args_sizes_get: "ii",
  environ_get: "ii",
  environ_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_get: "ii",
  fd_prestat_dir_name: "iii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
};

/** Names of every function of preview 1 with its type; a guest may import any of them. */
export const WASI_FUNCTIONS: ReadonlyMap<string, FunctionType> = new Map(
  Object.entries(PARAMS).map(([name, params]) => [name, {
    params: Array.from(params, (letter) => letter === "I" ? "i64" : "i32"),
    results: name === "proc_exit" ? [] : ["i32"],
  }]),
);

/** Those that do more than refuse. */
export const WASI_ANSWERED: ReadonlySet<string> = new Set([
  ..."args_get args_sizes_get environ_get environ_sizes_get".split(" "),
  ..."clock_res_get clock_time_get poll_oneoff sched_yield random_get proc_exit".split(" "),
  ..."fd_close fd_fdstat_get fd_read fd_seek fd_tell fd_write".split(" "),
  ..."fd_prestat_get fd_prestat_dir_name".split(" "),
]);
