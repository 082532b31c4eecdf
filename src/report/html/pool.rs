//! Texts that stand in the pages of many secrets: what takes much room is written once, and linked to. The
//! script puts it where it belongs.

use crate::report::Escaped;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Repeating a text may take so many bytes in all.
const MOST_REPEATED: usize = 20_000;

/// The element that a text stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// Items of a numbered list.
    Steps,
    /// Items of a list.
    Items,
    /// Paragraphs.
    Prose,
}

impl Element {
    /// The tag around it.
    fn outer(self) -> &'static str {
        match self {
            Self::Steps => "ol",
            Self::Items => "ul",
            Self::Prose => "div",
        }
    }

    /// The tag that stands for it where it is not repeated.
    fn stand_in(self) -> &'static str {
        match self {
            Self::Steps | Self::Items => "li",
            Self::Prose => "p",
        }
    }
}

/// A text of a page.
#[derive(Debug, Clone)]
pub(super) struct Fragment {
    /// What it stands in.
    pub(super) element: Element,
    /// What it is, in a line of plain text.
    pub(super) label: String,
    /// The text, as HTML.
    pub(super) html: String,
}

/// The number of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(usize);

/// All texts, each once.
#[derive(Default)]
pub(super) struct Pool {
    fragments: Vec<(Fragment, usize)>,
    numbers: BTreeMap<String, usize>,
}

impl Pool {
    /// Takes a text, which one more page has.
    pub(super) fn take(&mut self, fragment: Fragment) -> Number {
        let fragments = &mut self.fragments;
        let number = *self.numbers.entry(fragment.html.clone()).or_insert_with(|| {
            fragments.push((fragment, 0));
            fragments.len() - 1
        });
        fragments[number].1 += 1;
        Number(number)
    }

    fn is_shared(&self, number: usize) -> bool {
        let (fragment, uses) = &self.fragments[number];
        (uses - 1) * fragment.html.len() > MOST_REPEATED
    }

    /// Writes a text into a page, or the link to it.
    pub(super) fn put(&self, number: Number, out: &mut dyn Write) -> io::Result<()> {
        let Number(number) = number;
        let (fragment, _) = &self.fragments[number];
        if !self.is_shared(number) {
            return write!(out, "{}", fragment.html);
        }
        let tag = fragment.element.stand_in();
        let label = Escaped(&fragment.label);
        write!(out, "<{tag} class=\"shared\"><a href=\"#text-{number}\">{label}</a></{tag}>")
    }

    /// Writes the texts that are linked to.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let shared: Vec<usize> = (0..self.fragments.len()).filter(|n| self.is_shared(*n)).collect();
        if shared.is_empty() {
            return Ok(());
        }
        writeln!(out, "<section id=\"texts\">\n<h2>What many secrets have in common</h2>")?;
        for number in shared {
            let (Fragment { element, label, html }, _) = &self.fragments[number];
            let tag = element.outer();
            writeln!(
                out,
                "<section id=\"text-{number}\">\n<h3>{}</h3>\n<{tag}>{html}</{tag}>\n</section>",
                Escaped(label)
            )?;
        }
        writeln!(out, "</section>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pages: usize, length: usize) -> (String, String) {
        let mut pool = Pool::default();
        let html = format!("<li>{}</li>", "x".repeat(length));
        let fragment = Fragment { element: Element::Steps, label: "a < b".into(), html };
        let numbers: Vec<Number> = (0..pages).map(|_| pool.take(fragment.clone())).collect();
        let (mut page, mut texts) = (Vec::new(), Vec::new());
        pool.put(numbers[0], &mut page).unwrap();
        pool.write(&mut texts).unwrap();
        (String::from_utf8(page).unwrap(), String::from_utf8(texts).unwrap())
    }

    #[test]
    fn what_takes_much_room_is_written_once() {
        let (page, texts) = written(100, 1_000);
        assert_eq!(page, "<li class=\"shared\"><a href=\"#text-0\">a &lt; b</a></li>");
        assert_eq!(texts.matches("xxxx").count(), 250);
        assert!(texts.contains("<section id=\"text-0\">"), "{texts}");
    }

    #[test]
    fn what_takes_little_is_where_it_belongs() {
        for (pages, length) in [(1, 1_000_000), (100, 10)] {
            let (page, texts) = written(pages, length);
            assert!(page.starts_with("<li>xxx") && texts.is_empty(), "{pages} {length}");
        }
    }
}
