//! Keys of Azure that a fixed mark makes known: four characters for the service shortly before the end,
//! or, in those of the Common Annotated Security Key format, `JQQJ99` in the middle, with the year and
//! the month of issue after it
//! (<https://devblogs.microsoft.com/engineering-at-microsoft/common-annotated-security-keys/>,
//! <https://github.com/microsoft/cask/blob/main/docs/PrimaryKey.md>). What their checksums are computed
//! with is not documented, so that a key is well-formed at best.

use super::fact::Tell as _;
use super::{Check, published};
use crate::finding::{Status, Verification};

pub(super) struct AzureKey;

/// Where the mark of the format stands.
const ANNOTATED: std::ops::Range<usize> = 52..58;
/// Where the service's mark stands in a key of that format.
const SIGNATURE: usize = 76;

/// The lengths of a key with its padding, the service's mark, which stands ten characters before the
/// end of the unpadded key, and the service.
const MARKS: [(usize, &[u8; 4], &str); 13] = [
    (44, b"AzCa", "Cache-for-Redis"),
    (44, b"AzEG", "Event-Grid"),
    (44, b"+ASb", "Service-Bus"),
    (44, b"+AEh", "Event-Hubs"),
    (44, b"+ARm", "Relay"),
    (44, b"AIoT", "IoT-Hub"),
    (52, b"AzSe", "AI-Search"),
    (52, b"+ACR", "Container-Registry"),
    (56, b"AzFu", "Functions"),
    (88, b"+ASt", "Storage"),
    (88, b"ACDb", "Cosmos-DB"),
    (88, b"+ABa", "Batch"),
    (88, b"+AMC", "Machine-Learning"),
];

impl Check for AzureKey {
    fn name(&self) -> &'static str {
        "azure-key"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let seen = annotated(secret).or_else(|| marked(secret)).unwrap_or_default();
        seen.tell("published", published::place(secret))
    }
}

fn annotated(secret: &[u8]) -> Option<Verification> {
    let formed = (80..=88).contains(&secret.len()) && &secret[ANNOTATED] == b"JQQJ99";
    let year = base64_index(*secret.get(ANNOTATED.end)?);
    let month = secret.get(ANNOTATED.end + 1)?.checked_sub(b'A').filter(|month| *month < 12)? + 1;
    let year = year.filter(|_| formed)? + 2024;
    let service = match secret.get(SIGNATURE..SIGNATURE + 4)? {
        b"AZDO" => Some("DevOps"),
        b"ACOG" => Some("AI-services"),
        b"APIM" => Some("API-Management"),
        _ => None,
    };
    let seen = Verification::new(Status::WellFormed).tell("format", Some("CASK"));
    Some(seen.tell("created", Some(format!("{year}-{month:02}"))).tell("service", service))
}

/// The number that a character stands for in base64, which counts the years.
fn base64_index(character: u8) -> Option<u16> {
    match character {
        b'A'..=b'Z' => Some(u16::from(character - b'A')),
        b'a'..=b'z' => Some(u16::from(character - b'a') + 26),
        b'0'..=b'9' => Some(u16::from(character - b'0') + 52),
        _ => None,
    }
}

fn marked(secret: &[u8]) -> Option<Verification> {
    let unpadded = secret.iter().rposition(|b| *b != b'=')? + 1;
    // Function keys stand in addresses, with the other alphabet.
    let mark = secret.get(unpadded.checked_sub(10)?..)?.first_chunk::<4>()?;
    let known =
        |(length, known, _): &&(usize, &[u8; 4], &str)| *length == secret.len() && *known == mark;
    let (_, _, service) = MARKS.iter().find(known)?;
    Some(Verification::new(Status::WellFormed).tell("service", Some(service)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    #[test]
    fn the_mark_tells_the_service() {
        for (pattern, service) in [
            ("<<[0-9A-Za-z]{33}AzCa[A-P][0-9A-Za-z]{5}>>=", "Cache-for-Redis"),
            ("<<[0-9A-Za-z]{42}AzSe[A-D][0-9A-Za-z]{5}>>", "AI-Search"),
            ("<<[0-9A-Za-z]{76}\\+ASt[0-9A-Za-z]{6}>>==", "Storage"),
            ("<<[0-9A-Za-z_-]{44}AzFu[0-9A-Za-z_-]{6}>>==", "Functions"),
            ("<<[0-9A-Za-z]{52}JQQJ99BA[A-Z]{16}AZDO[0-9A-Za-z]{4}>>", "DevOps"),
        ] {
            let key = expand(pattern, 1).unwrap();
            let seen = AzureKey.verify(key.as_bytes());
            assert_eq!(seen.status, Status::WellFormed, "{pattern}");
            assert_eq!(seen.facts["service"], service);
            for end in 0..key.len() - 4 {
                let cut = AzureKey.verify(&key.as_bytes()[..end]);
                assert_eq!(cut.status, Status::Unknown, "{pattern} cut at {end}");
            }
        }
    }

    #[test]
    fn an_annotated_key_tells_its_month() {
        let key = expand("<<[0-9A-Za-z]{52}JQQJ99BL[A-Z]{16}ACOG[0-9A-Za-z]{4}>>", 1).unwrap();
        let facts = AzureKey.verify(key.as_bytes()).facts;
        assert_eq!((&*facts["created"], &*facts["service"]), ("2025-12", "AI-services"));
        for wrong in ["JQQJ99BM", "JQQJ99B@", "JQQJ99+L", "JQQJ98BL"] {
            let wrong = key.replace("JQQJ99BL", wrong);
            assert_eq!(AzureKey.verify(wrong.as_bytes()).status, Status::Unknown);
        }
    }

    #[test]
    fn a_key_without_a_mark_is_unknown() {
        let key = expand("<<[0-9A-Za-z]{86}>>==", 1).unwrap();
        for text in [&*key, "", "====", "short"] {
            assert_eq!(AzureKey.verify(text.as_bytes()), Verification::default());
        }
    }
}
