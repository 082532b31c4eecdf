//! Containers that are made to take time or memory. Each ends soon, with a word about it.

use super::{folder, gzip, json, places, skipped, tar, text, zip};
use crate::common::{Said, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};
use zip::CompressionMethod;

/// Scans, and holds that it takes no more than a minute, in a build that is not optimised.
fn scan_soon(folder: &Path) -> Said {
    let start = Instant::now();
    let said = run(folder, &["scan", "-f", "json"]);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    said
}

fn zeros(count: u64) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = GzEncoder::new(&mut packed, Compression::fast());
    io::copy(&mut io::repeat(0).take(count), &mut encoder).unwrap();
    encoder.finish().unwrap();
    packed
}

#[test]
fn zeros_end_at_the_limit() {
    let archive = tar(&[("a.txt", &text(1)), ("zeros.gz", &zeros(1 << 30)), ("b.txt", &text(2))]);
    let folder = folder(&[("a.tgz", gzip(&archive))]);
    let said = scan_soon(folder.path());
    let report = json(&said);
    assert_eq!(places(&report), ["a.tgz [a.tar > a.txt] 2:5"]);
    let skipped = skipped(&report);
    let begins = "a.tgz holds a.tar!/zeros.gz!/zeros, which is where more came out than 256 MiB";
    assert!(skipped.len() == 1 && skipped[0].starts_with(begins), "{skipped:?}");
}

#[test]
fn a_nest_is_followed_to_the_limit() {
    let mut nest = text(1);
    for _ in 0..100 {
        nest = gzip(&nest);
    }
    let folder = folder(&[("nest.gz", nest)]);
    let said = scan_soon(folder.path());
    assert_eq!(said.status, Some(2));
    let skipped = skipped(&json(&said));
    assert!(
        skipped[0].ends_with("stands in more than 8 containers, one in another"),
        "{skipped:?}"
    );
}

#[test]
fn a_nest_of_archives_of_archives_ends() {
    let mut level = zip(&[("zeros", &vec![0; 1 << 22])], CompressionMethod::Deflated);
    for _ in 0..5 {
        let names: Vec<String> = (0..16).map(|n| format!("{n}.zip")).collect();
        let members: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &level[..])).collect();
        level = zip(&members, CompressionMethod::Deflated);
    }
    let folder = folder(&[("42.zip", level)]);
    let said = scan_soon(folder.path());
    assert_eq!(said.status, Some(2));
    assert_eq!(skipped(&json(&said)).len(), 1, "{said:?}");
}

#[test]
fn members_that_lie_on_each_other_end_at_the_limit() {
    let zeros = vec![0; 1 << 20];
    let one = zip(&[("a", &zeros)], CompressionMethod::Deflated);
    let end = one.windows(4).rposition(|word| word == b"PK\x05\x06").unwrap();
    let start = one.windows(4).rposition(|word| word == b"PK\x01\x02").unwrap();
    let mut archive = one[..start].to_vec();
    // The same bytes under many entries of the directory.
    let entries = 20_000;
    for _ in 0..entries {
        archive.extend(&one[start..end]);
    }
    let size = (archive.len() - start) as u32;
    let mut last = one[end..].to_vec();
    last[12..16].copy_from_slice(&size.to_le_bytes());
    archive.extend(last);
    let folder = folder(&[("a.zip", archive)]);
    let said = scan_soon(folder.path());
    assert_eq!(said.status, Some(2));
    assert!(skipped(&json(&said))[0].contains("more came out than"), "{said:?}");
}

#[test]
fn a_million_members_end_at_the_limit() {
    let mut archive = tar(&[("a.txt", &text(1))]);
    archive.truncate(archive.len() - 1024);
    let empty = &tar(&[("e", b"")])[..512];
    for _ in 0..1_000_000 {
        archive.extend(empty);
    }
    let folder = folder(&[("many.tgz", gzip(&archive))]);
    let report = json(&scan_soon(folder.path()));
    assert_eq!(places(&report), ["many.tgz [many.tar > a.txt] 2:5"]);
    let skipped = skipped(&report);
    let ends = "holds many.tar!/e, which is more than 100000 members behind the first";
    assert!(skipped.len() == 1 && skipped[0].ends_with(ends), "{skipped:?}");
}
