//! The members of an object as it stands in code: JSON, JSON in a string, or a literal of JavaScript.

use bstr::ByteSlice;

/// Longer values are no names.
const MOST: usize = 200;

/// The string that the member `name` has in `object`; the first, if there are several.
pub(super) fn value(object: &[u8], name: &str) -> Option<String> {
    object.find_iter(name).find_map(|at| {
        let before = object[..at].last();
        if before.is_some_and(|b| b.is_ascii_alphanumeric() || b"_$".contains(b)) {
            return None;
        }
        string(&object[at + name.len()..])
    })
}

/// The string behind a name: `": "value"`.
fn string(rest: &[u8]) -> Option<String> {
    let rest = rest.trim_start_with(|c| c == '\\' || c == '"' || c == '\'');
    let rest = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\\").unwrap_or(rest);
    let (quote, rest) = rest.split_first().filter(|(quote, _)| b"\"'`".contains(quote))?;
    let end = rest.iter().take(MOST).position(|b| b == quote || *b == b'\\')?;
    rest[..end].to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_objects_in_code() {
        for object in [
            r#"{"id": "x", "project_id": "acme"}"#,
            r#"{\"my_project_id\": \"no\", \"project_id\":\"acme\"}"#,
            "{ project_id: 'acme', project_id: 'later' }",
            "project_id = nothing, project_id : `acme`",
        ] {
            assert_eq!(value(object.as_bytes(), "project_id").as_deref(), Some("acme"), "{object}");
        }
        for object in
            [r#"{"project_id": 1}"#, r#""project_id": "acme"#, "project_id", "", "project_id:"]
        {
            assert_eq!(value(object.as_bytes(), "project_id"), None, "{object}");
        }
    }
}
