use super::*;
use proptest::prelude::*;

/// What a decoder makes of a whole text, and where each byte of it is written.
fn decoded(decoder: &dyn Decoder, text: &str) -> Vec<(String, String)> {
    let mut view = View::new(0);
    decoder.decode(text.as_bytes(), 0..text.len(), &mut view);
    let bytes = view.bytes();
    let of_byte = |at: usize| {
        let place = view.place(&(at..at + 1));
        let character = char::from(bytes[at]).to_string();
        (character, String::from_utf8_lossy(&text.as_bytes()[place]).into_owned())
    };
    (0..bytes.len()).map(of_byte).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn each_decoder_is_in_one_of_the_sets() {
    let names = |set| of_set(set).map(Decoder::name).collect::<Vec<_>>();
    assert_eq!(names(DIGITS), ["base64", "hex"]);
    assert_eq!(names(ESCAPES), ["percent", "escapes", "html-entities"]);
    assert_eq!(names(DIGITS | ESCAPES).len(), DECODERS.len());
}

#[test]
fn each_byte_of_base64_stands_in_two_digits() {
    let expected = [("M", "TW"), ("a", "WF"), ("n", "Fu"), ("?", "Pw")];
    assert_eq!(decoded(&base64::BASE64, "TWFuPw=="), pairs(&expected));
    // A lone digit is worth nothing, and a line may end anywhere.
    assert_eq!(decoded(&base64::BASE64, "TWF"), pairs(&expected[..2]));
    assert_eq!(decoded(&base64::BASE64, "T"), []);
    assert_eq!(decoded(&base64::BASE64, "T\n W"), pairs(&[("M", "T\n W")]));
    let text =
        |text: &str| decoded(&base64::BASE64, text).into_iter().map(|(c, _)| c).collect::<String>();
    assert_eq!(text("Pz8_Pj4-"), "???>>>");
    assert_eq!(text("Pz8/Pj4+"), "???>>>");
}

#[test]
fn each_byte_of_hexadecimal_stands_in_two_digits() {
    assert_eq!(decoded(&hex::HEX, "3d4A7"), pairs(&[("=", "3d"), ("J", "4A")]));
    assert_eq!(decoded(&hex::HEX, ""), []);
}

#[test]
fn what_is_not_escaped_stays() {
    let percent = |text| decoded(&percent::Percent, text);
    let expected = [("a", "a"), ("=", "%3D"), ("%", "%"), ("4", "4"), ("%", "%")];
    assert_eq!(percent("a%3D%4%"), pairs(&expected));
    let entities = |text| decoded(&entities::Entities, text);
    let expected =
        [("\"", "&quot;"), ("=", "&#61;"), ("=", "&#x3D;"), ("&", "&"), ("x", "x"), (";", ";")];
    assert_eq!(entities("&quot;&#61;&#x3D;&x;"), pairs(&expected));
    assert_eq!(entities("&#0;").len(), 4);
    assert_eq!(entities("&#x110000;").len(), 10);
    let escapes = |text| decoded(&escapes::Escapes, text);
    let expected = [
        ("\"", "\\\""),
        ("\n", "\\n"),
        ("A", "\\x41"),
        ("A", "\\u0041"),
        ("\\", "\\\\"),
        ("x", "x"),
    ];
    assert_eq!(escapes(r#"\"\n\x41\u0041\\x"#), pairs(&expected));
    let expected = [("x", "\\x"), ("4", "4"), ("\\", "\\")];
    assert_eq!(escapes(r"\x4\"), pairs(&expected));
}

#[test]
fn a_character_of_many_bytes_stands_where_its_escape_stands() {
    for (decoder, text) in
        [(&escapes::Escapes as &dyn Decoder, r"\ud83d\ude00"), (&entities::Entities, "&#x1f600;")]
    {
        let mut view = View::new(0);
        decoder.decode(text.as_bytes(), 0..text.len(), &mut view);
        assert_eq!(view.bytes(), "😀".as_bytes());
        assert!((0..4).all(|at| view.place(&(at..at + 1)) == (0..text.len())));
    }
    // Half a pair is no character.
    let mut view = View::new(0);
    escapes::Escapes.decode(br"\ud83dx", 0..7, &mut view);
    assert_eq!(view.bytes(), b"ud83dx");
}

#[test]
fn utf_16_in_a_view_is_narrowed() {
    let mut view = View::new(5);
    let bytes: Vec<u8> = "päss=1 x".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (at, byte) in bytes.iter().enumerate() {
        view.push(*byte, 5 + at..6 + at);
    }
    let narrowed = view.narrowed().unwrap();
    assert_eq!(narrowed.bytes(), "päss=1 x".as_bytes());
    assert_eq!(narrowed.place(&(5..6)), 13..15);
    assert!(narrowed.narrowed().is_none());
}

#[test]
fn a_view_looks_like_a_kind_of_file() {
    let kind = |text: &str| {
        let mut view = View::new(0);
        text.bytes().enumerate().for_each(|(at, byte)| view.push(byte, at..at + 1));
        view.kind()
    };
    assert_eq!(kind(" {\"a\": 1}"), Some(FileKind::Quoted));
    assert_eq!(kind("<a b=\"c\">"), Some(FileKind::Markup));
    assert_eq!(kind("a: b\nc: d\n"), Some(FileKind::Yaml));
    assert_eq!(kind("a=b\nexport C=d\n"), Some(FileKind::Assignments));
    assert_eq!(kind("export API_KEY=x\n"), Some(FileKind::Assignments));
    assert_eq!(kind("Usage: x [options]"), None);
    assert_eq!(kind("x = f(y);\nreturn x"), None);
    assert_eq!(kind(""), None);
}

proptest! {
    #[test]
    fn no_text_is_too_strange(
        text in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            "[%&;\\\\ux0-9a-fA-F#\"'\n =]{0,300}".prop_map(String::into_bytes),
        ],
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(text.len() + 1);
        for decoder in DECODERS {
            for spot in [Spot::of_run(&text, at), Spot::of_literal(&text, at)] {
                if let Some(anchor) = decoder.anchor(&text, &spot) {
                    let start = decoder.start(&text, anchor.at, anchor.at.saturating_sub(40));
                    prop_assert!(start <= anchor.at);
                    let end = decoder.end(&text, start, anchor.at, text.len().min(anchor.at + 60));
                    prop_assert!(anchor.at <= end && end <= text.len());
                }
            }
            let mut view = View::new(0);
            decoder.decode(&text, 0..text.len(), &mut view);
            let _ = (view.is_text(), view.narrowed(), view.kind());
            // Each byte stands in the text, and none before the one before it.
            let places: Vec<_> = (0..view.bytes().len()).map(|at| view.place(&(at..at + 1))).collect();
            prop_assert!(places.iter().all(|place| place.start < place.end && place.end <= text.len()));
            prop_assert!(places.windows(2).all(|two| two[0].start <= two[1].start));
        }
    }
}
