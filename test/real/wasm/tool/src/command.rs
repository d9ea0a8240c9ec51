//! One directive of a script as one JSON object, and its module as a file.

use crate::{
    json::{array, object, string},
    value,
};
use std::{fs, io, path::Path};
use wast::{
    QuoteWat, WastDirective, WastExecute, WastInvoke, Wat,
    token::{Id, Span},
};

/// Turns the directives of one script into commands.
pub struct Commands<'a> {
    text: &'a str,
    out: &'a Path,
    /// The script's own name, which its module files begin with.
    stem: &'a str,
    modules: usize,
}

type Members = Vec<(&'static str, Option<String>)>;

impl<'a> Commands<'a> {
    pub fn new(text: &'a str, out: &'a Path, stem: &'a str) -> Self {
        Self {
            text,
            out,
            stem,
            modules: 0,
        }
    }

    pub fn command(&mut self, directive: WastDirective) -> io::Result<String> {
        let line = directive.span().linecol_in(self.text).0 + 1;
        let (kind, members) = self.members(directive)?;
        let mut all: Members = vec![
            ("type", Some(string(kind))),
            ("line", Some(line.to_string())),
        ];
        all.extend(members);
        Ok(object(&all))
    }

    fn members(&mut self, directive: WastDirective) -> io::Result<(&'static str, Members)> {
        Ok(match directive {
            WastDirective::Module(mut module) => {
                let name = module.name();
                (
                    "module",
                    vec![self.quoted(&mut module)?, ("name", id(name))],
                )
            }
            WastDirective::ModuleDefinition(mut module) => {
                let name = module.name();
                (
                    "module_definition",
                    vec![self.quoted(&mut module)?, ("name", id(name))],
                )
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => (
                "module_instance",
                vec![("name", id(instance)), ("of", id(module))],
            ),
            WastDirective::AssertMalformed {
                mut module,
                message,
                ..
            } => (
                "assert_malformed",
                vec![self.quoted(&mut module)?, text(message)],
            ),
            WastDirective::AssertInvalid {
                mut module,
                message,
                ..
            } => (
                "assert_invalid",
                vec![self.quoted(&mut module)?, text(message)],
            ),
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => (
                "assert_unlinkable",
                vec![self.plain(module)?, text(message)],
            ),
            WastDirective::Register { name, module, .. } => (
                "register",
                vec![("as", Some(string(name))), ("name", id(module))],
            ),
            WastDirective::Invoke(invoke) => ("action", vec![("action", Some(call(&invoke)))]),
            WastDirective::AssertReturn { exec, results, .. } => (
                "assert_return",
                vec![
                    self.action(exec)?,
                    ("expected", Some(array(results.iter().map(value::result)))),
                ],
            ),
            // A module that traps while it is instantiated is a command of its own.
            WastDirective::AssertTrap {
                exec: WastExecute::Wat(module),
                message,
                ..
            } => (
                "assert_uninstantiable",
                vec![self.plain(module)?, text(message)],
            ),
            WastDirective::AssertTrap { exec, message, .. } => {
                ("assert_trap", vec![self.action(exec)?, text(message)])
            }
            WastDirective::AssertExhaustion {
                call: invoke,
                message,
                ..
            } => (
                "assert_exhaustion",
                vec![("action", Some(call(&invoke))), text(message)],
            ),
            WastDirective::AssertException { exec, .. } => {
                ("assert_exception", vec![self.action(exec)?])
            }
            // Custom sections' own rules, stack switching, and threads of the script.
            WastDirective::AssertMalformedCustom { .. } => ("custom_section", vec![]),
            WastDirective::AssertInvalidCustom { .. } => ("custom_section", vec![]),
            WastDirective::AssertSuspension { .. } => ("suspension", vec![]),
            WastDirective::Thread(_) | WastDirective::Wait { .. } => ("thread", vec![]),
        })
    }

    fn action(&mut self, exec: WastExecute) -> io::Result<(&'static str, Option<String>)> {
        let action = match exec {
            WastExecute::Invoke(invoke) => call(&invoke),
            WastExecute::Get { module, global, .. } => object(&[
                ("type", Some(string("get"))),
                ("name", id(module)),
                ("field", Some(string(global))),
            ]),
            WastExecute::Wat(module) => {
                let (name, file) = self.plain(module)?;
                object(&[("type", Some(string("module"))), (name, file)])
            }
        };
        Ok(("action", Some(action)))
    }

    fn plain(&mut self, module: Wat) -> io::Result<(&'static str, Option<String>)> {
        self.quoted(&mut QuoteWat::Wat(module))
    }

    /// The module's file. None for text that cannot even be put into the binary format.
    fn quoted(&mut self, module: &mut QuoteWat) -> io::Result<(&'static str, Option<String>)> {
        let Ok(bytes) = module.encode() else {
            return Ok(("file", None));
        };
        let file = format!("{}.{}.wasm", self.stem, self.modules);
        self.modules += 1;
        fs::write(self.out.join(&file), bytes)?;
        Ok(("file", Some(string(&file))))
    }
}

fn call(invoke: &WastInvoke) -> String {
    object(&[
        ("type", Some(string("invoke"))),
        ("name", id(invoke.module)),
        ("field", Some(string(invoke.name))),
        ("args", Some(array(invoke.args.iter().map(value::argument)))),
    ])
}

fn id(id: Option<Id>) -> Option<String> {
    id.map(|id| string(id.name()))
}

fn text(message: &str) -> (&'static str, Option<String>) {
    ("text", Some(string(message)))
}

/// The line of a parse error, for the report.
pub fn line_of(span: Span, text: &str) -> usize {
    span.linecol_in(text).0 + 1
}
