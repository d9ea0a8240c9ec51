//! Arguments and results of a script, as bit patterns.
//!
//! A number is `{"type":"f32","value":["7fc00000"]}`: lanes in hex, one for a scalar; a result's lane
//! may also be `nan:canonical` or `nan:arithmetic`. A reference has `null`, `any` or a host number.

use crate::json::{array, object, string};
use wast::{
    WastArg, WastRet,
    core::{
        AbstractHeapType, HeapType, NanPattern, V128Const, V128Pattern, WastArgCore, WastRetCore,
    },
    token::{F32, F64},
};

pub fn argument(argument: &WastArg) -> String {
    let WastArg::Core(value) = argument else {
        return unknown();
    };
    match value {
        WastArgCore::I32(v) => scalar("i32", hex32(*v as u32)),
        WastArgCore::I64(v) => scalar("i64", hex64(*v as u64)),
        WastArgCore::F32(v) => scalar("f32", hex32(v.bits)),
        WastArgCore::F64(v) => scalar("f64", hex64(v.bits)),
        WastArgCore::V128(v) => lanes(match v {
            V128Const::I8x16(v) => v.iter().map(|l| format!("{l:02x}")).collect(),
            V128Const::I16x8(v) => v.iter().map(|l| format!("{l:04x}")).collect(),
            V128Const::I32x4(v) => v.iter().map(|l| hex32(*l as u32)).collect(),
            V128Const::I64x2(v) => v.iter().map(|l| hex64(*l as u64)).collect(),
            V128Const::F32x4(v) => v.iter().map(|l| hex32(l.bits)).collect(),
            V128Const::F64x2(v) => v.iter().map(|l| hex64(l.bits)).collect(),
        }),
        WastArgCore::RefNull(heap) => scalar(reference(heap), "null".into()),
        WastArgCore::RefExtern(number) => scalar("externref", number.to_string()),
        WastArgCore::RefHost(_) => unknown(),
    }
}

pub fn result(result: &WastRet) -> String {
    match result {
        WastRet::Core(value) => core_result(value),
        _ => unknown(),
    }
}

fn core_result(value: &WastRetCore) -> String {
    match value {
        WastRetCore::I32(v) => scalar("i32", hex32(*v as u32)),
        WastRetCore::I64(v) => scalar("i64", hex64(*v as u64)),
        WastRetCore::F32(v) => scalar("f32", pattern32(v)),
        WastRetCore::F64(v) => scalar("f64", pattern64(v)),
        WastRetCore::V128(v) => lanes(match v {
            V128Pattern::I8x16(v) => v.iter().map(|l| format!("{l:02x}")).collect(),
            V128Pattern::I16x8(v) => v.iter().map(|l| format!("{l:04x}")).collect(),
            V128Pattern::I32x4(v) => v.iter().map(|l| hex32(*l as u32)).collect(),
            V128Pattern::I64x2(v) => v.iter().map(|l| hex64(*l as u64)).collect(),
            V128Pattern::F32x4(v) => v.iter().map(pattern32).collect(),
            V128Pattern::F64x2(v) => v.iter().map(pattern64).collect(),
        }),
        WastRetCore::RefNull(None) => scalar("ref", "null".into()),
        WastRetCore::RefNull(Some(heap)) => scalar(reference(heap), "null".into()),
        WastRetCore::RefExtern(None) => scalar("externref", "any".into()),
        WastRetCore::RefExtern(Some(number)) => scalar("externref", number.to_string()),
        WastRetCore::RefFunc(None) => scalar("funcref", "any".into()),
        WastRetCore::Either(cases) => object(&[
            ("type", Some(string("either"))),
            ("cases", Some(array(cases.iter().map(core_result)))),
        ]),
        _ => unknown(),
    }
}

/// A value that only later proposals have.
fn unknown() -> String {
    scalar("unknown", "any".into())
}

fn reference(heap: &HeapType) -> &'static str {
    match heap {
        HeapType::Abstract {
            ty: AbstractHeapType::Func,
            ..
        } => "funcref",
        HeapType::Abstract {
            ty: AbstractHeapType::Extern,
            ..
        } => "externref",
        _ => "ref",
    }
}

fn scalar(type_name: &str, value: String) -> String {
    typed(type_name, vec![value])
}

fn lanes(value: Vec<String>) -> String {
    typed("v128", value)
}

fn typed(type_name: &str, value: Vec<String>) -> String {
    object(&[
        ("type", Some(string(type_name))),
        ("value", Some(array(value.iter().map(|lane| string(lane))))),
    ])
}

fn pattern32(pattern: &NanPattern<F32>) -> String {
    pattern_of(pattern, |v| hex32(v.bits))
}

fn pattern64(pattern: &NanPattern<F64>) -> String {
    pattern_of(pattern, |v| hex64(v.bits))
}

fn pattern_of<T>(pattern: &NanPattern<T>, hex: impl Fn(&T) -> String) -> String {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical".into(),
        NanPattern::ArithmeticNan => "nan:arithmetic".into(),
        NanPattern::Value(value) => hex(value),
    }
}

fn hex32(bits: u32) -> String {
    format!("{bits:08x}")
}

fn hex64(bits: u64) -> String {
    format!("{bits:016x}")
}
