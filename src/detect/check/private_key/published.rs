//! Keys that stand in public for all to use: sample keys of standards, test keys of well-known
//! projects, keys that devices were shipped with.

/// A line a key: the SHA-256 of its `SubjectPublicKeyInfo` or its OpenPGP fingerprint in hex, a
/// tab, and where it is published. `benches/published_keys.py` makes it. It holds no keys.
static KEYS: &str = include_str!("published.tsv");

/// Where the key with this fingerprint is published; `None` if it is not known to be.
pub(super) fn origin(fingerprint: &str) -> Option<&'static str> {
    KEYS.lines().find_map(|line| line.strip_prefix(fingerprint)?.strip_prefix('\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_fingerprints_and_nothing_else() {
        let mut last = "";
        for line in KEYS.lines() {
            let (fingerprint, origin) = line.split_once('\t').unwrap();
            let hex = fingerprint.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(hex && [40, 64].contains(&fingerprint.len()), "{line}");
            assert!(!origin.is_empty() && origin.len() < 160, "{line}");
            assert!(last < fingerprint, "{line}");
            last = fingerprint;
        }
        assert!(KEYS.lines().count() > 800);
    }

    #[test]
    fn a_key_is_found_by_its_whole_fingerprint() {
        let (fingerprint, place) = KEYS.lines().next().unwrap().split_once('\t').unwrap();
        assert_eq!(origin(fingerprint), Some(place));
        assert_eq!(origin(&fingerprint[1..]), None);
        assert_eq!(origin(&fingerprint[..20]), None);
        assert_eq!(origin(""), None);
    }
}
