//! Just enough JSON to be written: every value is text that is already JSON.

/// A JSON string.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // Two lone surrogates would not be a char, so every other one has its own escape.
            c if (c as u32) < 0x20 || (c as u32) > 0x7e => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A JSON array.
pub fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

/// A JSON object; members without a value are left out.
pub fn object(members: &[(&str, Option<String>)]) -> String {
    let members = members.iter().filter_map(|(name, value)| {
        value
            .as_ref()
            .map(|value| format!("{}:{value}", string(name)))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
