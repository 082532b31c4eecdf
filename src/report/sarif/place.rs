//! Places as SARIF writes them: URIs from the root of the repository, and regions.

use super::BASE;
use crate::blob::Via;
use crate::finding::{Finding, Location};
use crate::report::place::{Root, is_in_member};
use bstr::BStr;
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use serde_sarif::sarif::{self, ArtifactLocation, LogicalLocation, PhysicalLocation, Region};

/// GitHub keeps no more places of a result.
const MOST_RELATED: usize = 100;

/// What a path may not hold as it is (RFC 3986, pchar). Bytes beyond ASCII are always encoded.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A relative path that begins `name:` would be taken for a scheme.
const RELATIVE: &AsciiSet = &PATH.add(b':');

impl Root {
    /// A file by its URI: from the root of the repository, or absolute if it lies elsewhere.
    pub(super) fn artifact(&self, path: &BStr) -> ArtifactLocation {
        if let Some(names) = self.inside(path) {
            return ArtifactLocation::builder()
                .uri(uri(&names, RELATIVE))
                .uri_base_id(BASE)
                .build();
        }
        let uri = format!("file:///{}", uri(&self.absolute(path), PATH));
        ArtifactLocation::builder().uri(uri).build()
    }

    /// A file or folder of the repository as a whole.
    pub(super) fn file(&self, path: &str) -> Option<sarif::Location> {
        // A name that was no Unicode has lost its bytes on the way here.
        let names = self.inside(path.as_bytes()).filter(|_| !path.contains('\u{fffd}'))?;
        if names.is_empty() {
            return None;
        }
        let artifact = self.artifact(path.into());
        let physical = PhysicalLocation::builder().artifact_location(artifact).build();
        Some(sarif::Location::builder().physical_location(physical).build())
    }

    /// A place of a secret. What is no file, such as a commit message, has only the name of the way
    /// to it.
    pub(super) fn location(&self, place: &Location) -> sarif::Location {
        let mut location = sarif::Location::builder().build();
        location.physical_location = place.origin.path.as_ref().map(|path| {
            PhysicalLocation::builder()
                .artifact_location(self.artifact(path.as_ref()))
                .region(region(place))
                .build()
        });
        let commit = place.past.iter().map(|past| {
            LogicalLocation::builder().kind("commit").name(past.commit.id.clone()).build()
        });
        let via: Vec<_> = commit.chain(place.origin.via.iter().map(logical)).collect();
        location.logical_locations = (!via.is_empty()).then_some(via);
        location
    }

    /// The place as it is named in a message.
    fn label(&self, place: &Location) -> Option<String> {
        place.origin.path.as_ref()?;
        let commit = place.past.as_ref().map(|past| format!(" in {}", past.commit.short()));
        let commit = commit.unwrap_or_default();
        Some(format!("{}:{}{commit}", self.name(place), place.start.line))
    }
}

/// One more place of a secret.
pub(super) struct Related {
    /// What a message links to.
    pub(super) location: sarif::Location,
    /// Its number.
    pub(super) id: usize,
    /// What a message calls it.
    pub(super) label: String,
}

/// The places of a finding but the first, as many as GitHub keeps, and how many there are besides.
pub(super) fn related(finding: &Finding, root: &Root) -> (Vec<Related>, usize) {
    let further = &finding.locations[1..];
    let nameable = further.iter().filter_map(|place| Some((place, root.label(place)?)));
    let related: Vec<_> = nameable
        .take(MOST_RELATED)
        .enumerate()
        .map(|(n, (place, label))| {
            let mut location = root.location(place);
            location.id = i64::try_from(n + 1).ok();
            location.message = Some("The same secret.".into());
            Related { location, id: n + 1, label }
        })
        .collect();
    let unlisted = further.len() - related.len();
    (related, unlisted)
}

/// All four numbers, as GitHub shows no result without them. Lines of an archive's member are not
/// those of the archive, so there it is the beginning of the file.
fn region(place: &Location) -> Region {
    let in_member = is_in_member(place);
    let number = |n: u64| if in_member { 1 } else { i64::try_from(n).unwrap_or(i64::MAX) };
    Region::builder()
        .start_line(number(place.start.line))
        .start_column(number(place.start.column))
        .end_line(number(place.end.line))
        .end_column(number(place.end.column))
        .build()
}

fn logical(via: &Via) -> LogicalLocation {
    let (kind, name) = match via {
        Via::Member(name) => ("member", name),
        Via::Decoded(name) => ("decoded", name),
        Via::Object(name) => ("object", name),
    };
    LogicalLocation::builder().kind(kind).name(super::sanitize(name)).build()
}

fn uri(names: &[&[u8]], set: &'static AsciiSet) -> String {
    names.iter().map(|name| percent_encode(name, set).to_string()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::{Origin, Position};
    use crate::finding::Excerpt;

    fn root() -> Root {
        Root::at("home/mary/repo", "home/mary/repo/a b")
    }

    fn artifact(path: &[u8]) -> (Option<String>, Option<String>) {
        let artifact = root().artifact(path.into());
        (artifact.uri, artifact.uri_base_id)
    }

    #[test]
    fn a_uri_is_relative_to_the_root_and_percent_encoded() {
        let cases: [(&[u8], &str); 7] = [
            (b"x.txt", "a%20b/x.txt"),
            (b"../x.txt", "x.txt"),
            ("../données/clé.txt".as_bytes(), "donn%C3%A9es/cl%C3%A9.txt"),
            (b"../\xff#?%", "%FF%23%3F%25"),
            (b"../http:x", "http%3Ax"),
            (b"/home/mary/repo/app/[id]/{x}.ts", "app/%5Bid%5D/%7Bx%7D.ts"),
            (b"../@scope/a+b(c)~_-.js", "@scope/a+b(c)~_-.js"),
        ];
        for (path, expected) in cases {
            assert_eq!(artifact(path), (Some(expected.into()), Some(BASE.into())));
        }
    }

    #[test]
    fn what_lies_elsewhere_has_an_absolute_uri() {
        assert_eq!(artifact(b"/etc/a b"), (Some("file:///etc/a%20b".into()), None));
        assert_eq!(artifact(b"../../x"), (Some("file:///home/mary/x".into()), None));
        assert!(root().file("/etc/x").is_none());
        assert!(root().file("..").is_none());
        assert!(root().file("x").is_some());
    }

    #[test]
    fn a_place_in_an_archive_names_the_member() {
        let via = vec![Via::Member("inner/x.env".into())];
        let origin = Origin { path: Some("x.zip".into()), via };
        let start = Position { line: 3, column: 4 };
        let place = Location { origin, start, end: start, excerpt: Excerpt::default(), past: None };
        let location = root().location(&place);
        let region = location.physical_location.and_then(|physical| physical.region).unwrap();
        assert_eq!((region.start_line, region.start_column), (Some(1), Some(1)));
        let names: Vec<_> =
            location.logical_locations.into_iter().flatten().map(|l| l.name).collect();
        assert_eq!(names, [Some("inner/x.env".into())]);
    }
}
