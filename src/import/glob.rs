//! Regexes on paths as globs, where a glob says exactly the same.

use super::dialect;
use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

/// Globs that one regex becomes, at most.
const MAX_GLOBS: usize = 32;

/// A part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Byte(u8),
    /// Any one character of a name.
    One,
    /// Any characters of a name.
    Name,
    /// Any characters, over folders; at least one if so said.
    Any(bool),
    Start,
    End,
}

/// The glob in the language of .gitignore that leaves out the same files as `regex` finds in paths, where
/// it names folders: `^docs/`, `(^|/)vendor/`.
///
/// A glob there also stands for all that a folder of its name holds, so a regex that looks at a path's end
/// has none. One that looks at a part of a name is easier to know again as a regex.
pub(super) fn of_files(regex: &str) -> Option<String> {
    let regex = regex.strip_suffix(".*").filter(|rest| !rest.ends_with('\\')).unwrap_or(regex);
    let anywhere = ["(^|/)", "(?:^|/)", "(/|^)", "(?:/|^)"];
    let (anchor, rest) = match regex.strip_prefix('^') {
        Some(rest) => ("/", rest),
        None => ("", anywhere.iter().find_map(|it| regex.strip_prefix(it))?),
    };
    let text = plain(rest)?;
    let name = text.strip_suffix('/')?;
    let special = |c: char| "*?[]{}!#\\".contains(c) || c.is_whitespace();
    if name.split('/').any(str::is_empty) || name.contains(special) {
        return None;
    }
    // Only a glob without a folder is looked for in all folders.
    let anchor = if anchor.is_empty() && name.contains('/') { "**/" } else { anchor };
    Some(format!("{anchor}{name}/"))
}

/// The text that a regex without any operators is.
fn plain(regex: &str) -> Option<String> {
    let hir = dialect::hir(regex)?;
    match hir.kind() {
        HirKind::Literal(literal) => String::from_utf8(literal.0.to_vec()).ok(),
        _ => None,
    }
}

/// The globs that match the same whole paths as `regex` is found in. Case does not count in either.
pub(super) fn of_paths(regex: &str) -> Option<Vec<String>> {
    let mut parser = regex_syntax::ParserBuilder::new();
    let hir = parser.unicode(false).utf8(false).build().parse(regex).ok()?;
    let mut globs = Vec::new();
    for mut tokens in expand(&hir)? {
        if tokens.first() != Some(&Token::Start) {
            tokens.insert(0, Token::Any(false));
        }
        if tokens.last() != Some(&Token::End) {
            tokens.push(Token::Any(false));
        }
        tokens.retain(|token| !matches!(token, Token::Start | Token::End));
        tokens.dedup_by(|a, b| matches!((&a, &b), (Token::Any(false), Token::Any(_))));
        globs.extend(render(&tokens));
    }
    globs.sort();
    globs.dedup();
    (globs.len() <= MAX_GLOBS).then_some(globs)
}

/// All ways through a regex.
fn expand(regex: &Hir) -> Option<Vec<Vec<Token>>> {
    match regex.kind() {
        HirKind::Empty => Some(vec![vec![]]),
        HirKind::Literal(literal) => {
            Some(vec![literal.0.iter().map(|b| Token::Byte(b.to_ascii_lowercase())).collect()])
        }
        HirKind::Look(Look::Start) => Some(vec![vec![Token::Start]]),
        HirKind::Look(Look::End) => Some(vec![vec![Token::End]]),
        HirKind::Look(_) => None,
        HirKind::Capture(capture) => expand(&capture.sub),
        HirKind::Class(_) => {
            let class = super::trigger::bytes_of(regex)?;
            if class.len() > 200 {
                return Some(vec![vec![Token::One]]);
            }
            let mut bytes: Vec<u8> = class.iter().map(u8::to_ascii_lowercase).collect();
            bytes.dedup();
            bytes.sort_unstable();
            bytes.dedup();
            let one = |b: u8| vec![Token::Byte(b)];
            (bytes.len() <= 4).then(|| bytes.into_iter().map(one).collect())
        }
        HirKind::Repetition(repetition) => repeated(repetition),
        HirKind::Concat(parts) => parts.iter().try_fold(vec![vec![]], |ways, part| {
            let ends = expand(part)?;
            let behind = |way: &Vec<Token>| {
                ends.iter().map(|end| [&way[..], end].concat()).collect::<Vec<_>>()
            };
            let ways: Vec<_> = ways.iter().flat_map(behind).collect();
            (ways.len() <= MAX_GLOBS).then_some(ways)
        }),
        HirKind::Alternation(parts) => {
            let ways: Option<Vec<_>> = parts.iter().map(expand).collect();
            ways.map(|ways| ways.into_iter().flatten().collect())
        }
    }
}

fn repeated(repetition: &Repetition) -> Option<Vec<Vec<Token>>> {
    let mut ways = expand(&repetition.sub)?;
    match (repetition.min, repetition.max) {
        (0, Some(1)) => {
            ways.push(vec![]);
            Some(ways)
        }
        (least @ (0 | 1), None) => {
            let class = super::trigger::bytes_of(&repetition.sub)?;
            match (class.len() > 200, class.contains(&b'/')) {
                (true, true) => Some(vec![vec![Token::Any(least == 1)]]),
                (true, false) if least == 1 => Some(vec![vec![Token::One, Token::Name]]),
                (true, false) => Some(vec![vec![Token::Name]]),
                (false, _) => None,
            }
        }
        _ => None,
    }
}

/// The globs of one way: what may cross folders is one with and one without a folder between.
fn render(tokens: &[Token]) -> Vec<String> {
    let mut globs = vec![String::new()];
    for (n, token) in tokens.iter().enumerate() {
        let after = tokens.get(n + 1);
        let at_start = |glob: &String| glob.is_empty() || glob.ends_with('/');
        globs = globs
            .into_iter()
            .flat_map(|glob| match token {
                Token::Byte(b) if b"*?[]{}\\!,".contains(b) => {
                    vec![format!("{glob}[{}]", char::from(*b))]
                }
                Token::Byte(b) => vec![format!("{glob}{}", char::from(*b))],
                Token::One => vec![glob + "?"],
                Token::Name => vec![glob + "*"],
                Token::Any(some) => {
                    let one = if *some { "?" } else { "" };
                    match (at_start(&glob), after) {
                        (true, None) => vec![glob + "**"],
                        (true, Some(Token::Byte(b'/'))) => vec![glob + "*/**"],
                        (true, Some(_)) => vec![format!("{glob}**/{one}*")],
                        (false, None) => vec![format!("{glob}{one}*"), format!("{glob}*/**")],
                        (false, Some(Token::Byte(b'/'))) => vec![format!("{glob}{one}*/**")],
                        (false, Some(_)) => vec![format!("{glob}{one}*"), format!("{glob}*/**/*")],
                    }
                }
                Token::Start | Token::End => vec![glob],
            })
            .collect();
    }
    globs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Excluded, Glob};
    use bstr::BStr;
    use globset::GlobBuilder;

    const PATHS: [&str; 14] = [
        "node_modules/a/b.js",
        "x/node_modules/a.js",
        "x/my_node_modules/a.js",
        "go.sum",
        "x/go.sum.bak",
        "docs/a.md",
        "x/docs/a.md",
        "docs",
        "docs.md/x",
        "src/test/a.json",
        "src/test/x/b.json",
        "src/contest/x.tf",
        "config/prod.env",
        "config/a.d/prod.env",
    ];

    #[test]
    fn a_glob_leaves_out_the_same_files() {
        for (regex, glob) in [
            ("node_modules/", None),
            ("(?:^|/)src/test/", Some("**/src/test/")),
            ("(^|/)node_modules/", Some("node_modules/")),
            ("^docs/", Some("/docs/")),
            ("^docs/.*", Some("/docs/")),
            (r"go\.sum", None),
            (r"\.md$", None),
            ("(?i)docs", None),
            ("a|b", None),
            (r"docs\.*", None),
        ] {
            assert_eq!(of_files(regex).as_deref(), glob, "{regex}");
            let Some(glob) = glob else { continue };
            let excluded = Excluded::new(&[Glob::from(glob.to_owned())]).unwrap();
            let regex = regex::Regex::new(regex).unwrap();
            for path in PATHS {
                assert_eq!(excluded.has(BStr::new(path)), regex.is_match(path), "{glob}: {path}");
            }
        }
    }

    #[test]
    fn a_glob_matches_the_same_paths() {
        for regex in [
            r"\.(?:tf|env)$",
            r"(^|/)go\.sum$",
            "^docs/",
            "test/.*",
            r"test/.*\.json$",
            r"(?i)CONFIG/.*/PROD\.env$",
            r"^config/[^/]*\.env$",
            r".+\.js$",
            r"^docs.*\.md",
            "con.*test",
        ] {
            let globs = of_paths(regex).unwrap_or_else(|| panic!("{regex}"));
            let globs: Vec<_> = globs
                .iter()
                .map(|glob| GlobBuilder::new(glob).literal_separator(true).build().unwrap())
                .map(|glob| glob.compile_matcher())
                .collect();
            let regex = regex::Regex::new(regex).unwrap();
            for path in PATHS {
                let found = globs.iter().any(|glob| glob.is_match(path));
                assert_eq!(found, regex.is_match(path), "{regex}: {path}");
            }
        }
        for regex in [r"[a-z]+\.env", r"\bdocs", "(a|b|c){5}"] {
            assert_eq!(of_paths(regex), None, "{regex}");
        }
    }
}
