//! The script that git runs. It runs an earlier hook first, and fails where blurt cannot look.

use super::Hook;
use bstr::ByteSlice;
use std::path::Path;

/// The second line of our scripts of all versions begins with it.
const MARKER: &[u8] = b"# blurt hook v";

const TEMPLATE: &str = include_str!("script.sh");

/// An earlier hook gets what this one gets.
const CHAIN: &str = "\
if [ -f \"$earlier\" ] && [ -x \"$earlier\" ]; then
  \"$earlier\" \"$@\" || exit
fi";
const CALL: &str = "exec \"$blurt\" hook run @HOOK@ \"$@\"";

/// Both want the lines on standard input. The dot keeps the shell from cutting off their end. What
/// is said goes to standard error, as git does by itself for `pre-commit`: the output of `git push`
/// is read by programs.
const CHAIN_WITH_INPUT: &str = "\
lines=$(cat && echo .) || exit
lines=${lines%.}
if [ -f \"$earlier\" ] && [ -x \"$earlier\" ]; then
  printf %s \"$lines\" | \"$earlier\" \"$@\" || exit
fi";
const CALL_WITH_INPUT: &str = "printf %s \"$lines\" | \"$blurt\" hook run @HOOK@ \"$@\" >&2";

/// The script for a hook, which calls the program at `blurt` as long as it is there.
#[must_use]
pub(super) fn script(hook: Hook, blurt: &Path) -> Vec<u8> {
    let (chain, call) =
        if hook.reads_input() { (CHAIN_WITH_INPUT, CALL_WITH_INPUT) } else { (CHAIN, CALL) };
    let text = TEMPLATE
        .replace("@CHAIN@\n", &format!("{chain}\n"))
        .replace("@CALL@", call)
        .replace("@HOOK@", hook.name())
        .replace("@SUBJECT@", hook.subject())
        .replace("@BYPASS@", hook.bypass());
    // The path may hold anything, so it comes last.
    text.as_bytes().replacen("@BLURT@", quoted(blurt), 1)
}

/// Whether some version of blurt wrote this file.
#[must_use]
pub(super) fn is_ours(content: &[u8]) -> bool {
    content.lines().nth(1).is_some_and(|line| line.starts_with(MARKER))
}

/// A path as a shell reads it back.
fn quoted(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    // A shell on Windows takes forward slashes, and nothing else everywhere.
    let bytes = if cfg!(windows) { bytes.replace("\\", "/") } else { bytes.to_vec() };
    [b"'", &*bytes.replace("'", r"'\''"), b"'"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in_and_the_marker_is_known() {
        for hook in Hook::ALL {
            let script = script(hook, Path::new("/opt/it's here/@HOOK@/blurt"));
            let text = script.to_str().unwrap();
            assert!(is_ours(&script), "{text}");
            assert!(text.contains("\nblurt='/opt/it'\\''s here/@HOOK@/blurt'\n"), "{text}");
            assert_eq!(text.matches('@').count(), 2 + text.matches("$@").count(), "{text}");
            let call = format!("hook run {} \"$@\"", hook.name());
            assert!(text.lines().last().unwrap().contains(&call), "{text}");
        }
    }

    #[test]
    fn who_only_mentions_blurt_is_somebody_else() {
        assert!(is_ours(b"#!/bin/sh\n# blurt hook v7\n"));
        assert!(!is_ours(b"#!/bin/sh\nset -e\n# blurt hook v1\n"));
        assert!(!is_ours(b"#!/bin/sh\nexec blurt hook run pre-commit\n"));
        assert!(!is_ours(b""));
    }
}
