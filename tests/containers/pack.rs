//! Containers for the tests, made by the crates that everybody makes them with, or by hand.

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A zip archive of these members, compressed or stored.
pub fn zip(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in members {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A compressed zip archive of one member.
pub fn deflated(name: &str, content: &[u8]) -> Vec<u8> {
    zip(&[(name, content)], CompressionMethod::Deflated)
}

/// A tar archive of these members.
pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

/// A gzip with no name in its header.
pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A PDF whose streams are compressed; each has the rest of its dictionary before it.
pub fn pdf(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    for (n, (dictionary, content)) in streams.iter().enumerate() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        let content = encoder.finish().unwrap();
        let (number, length) = (n + 1, content.len());
        let head = format!(
            "{number} 0 obj\n<</Length {length} /Filter /FlateDecode {dictionary}>>\nstream\r\n"
        );
        file.extend([head.as_bytes(), &content, b"\nendstream\nendobj\n"].concat());
    }
    file.extend(b"trailer\n<</Root 1 0 R>>\n%%EOF\n");
    file
}

/// A database that `SQLite` has made, with three values of 40 characters in other words: `{one.…}` in a
/// row of `user s`, `{two.…}` in an overflow page of `kv`, `{three.…}` in a page that is free.
pub fn sqlite(wide: bool, values: [&str; 3]) -> Vec<u8> {
    let packed: &[u8] =
        if wide { include_bytes!("utf-16.sqlite.gz") } else { include_bytes!("utf-8.sqlite.gz") };
    let mut file = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut file).unwrap();
    for (mark, value) in ["one", "two", "three"].into_iter().zip(values) {
        let mark = format!("{{{mark:.<38}}}");
        assert_eq!(mark.len(), value.len());
        let encoded = |text: &str| -> Vec<u8> {
            if wide {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            } else {
                text.as_bytes().to_vec()
            }
        };
        let (mark, value) = (encoded(&mark), encoded(value));
        let at = file.windows(mark.len()).position(|window| window == mark).unwrap();
        file[at..at + value.len()].copy_from_slice(&value);
    }
    file
}
