//! The text that the content of a page shows.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

/// A step to the left of this many thousandths of the font's size, or more, is a blank between words.
const BLANK: f32 = -180.0;

/// The most bytes of a string, or of a word that is none, that are kept: a stream that is no content at
/// all must not take memory.
const MOST: usize = 64 * 1024;

/// Reads a content stream as the text that it shows: a line for each line of the page, as far as the
/// operators tell.
pub(super) struct Shown<R> {
    inner: BufReader<R>,
    /// The strings before the operator that shows them.
    operands: Vec<u8>,
    /// The last two numbers before it.
    numbers: [f32; 2],
    /// The height at which text was placed last.
    height: f32,
    /// Text that is not given away yet.
    ready: VecDeque<u8>,
    ended: bool,
}

/// What a content stream is made of.
enum Token {
    String(Vec<u8>),
    /// A number, a name or an operator.
    Word(Vec<u8>),
    Mark,
}

impl<R: Read> Shown<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner: BufReader::new(inner),
            operands: Vec::new(),
            numbers: [0.0; 2],
            height: 0.0,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.inner.fill_buf()?.first().copied())
    }

    fn next(&mut self) -> io::Result<Option<u8>> {
        let next = self.peek()?;
        self.inner.consume(usize::from(next.is_some()));
        Ok(next)
    }

    fn token(&mut self) -> io::Result<Option<Token>> {
        loop {
            let Some(byte) = self.next()? else { return Ok(None) };
            return Ok(Some(match byte {
                b'(' => Token::String(self.literal()?),
                b'<' if self.peek()? != Some(b'<') => Token::String(self.hexadecimal()?),
                b'%' => {
                    while !matches!(self.next()?, None | Some(b'\n' | b'\r')) {}
                    continue;
                }
                b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b')' => Token::Mark,
                byte if is_blank(byte) => continue,
                byte => {
                    let mut word = vec![byte];
                    while let Some(byte) = self
                        .peek()?
                        .filter(|byte| !is_blank(*byte) && !b"()<>[]{}/%".contains(byte))
                    {
                        self.inner.consume(1);
                        keep(&mut word, byte);
                    }
                    Token::Word(word)
                }
            }));
        }
    }

    /// The rest of a string in round brackets (7.3.4.2).
    fn literal(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut depth = 1;
        while let Some(byte) = self.next()? {
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => {
                    self.escape(&mut text)?;
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            keep(&mut text, byte);
        }
        Ok(text)
    }

    /// What stands behind a backslash.
    fn escape(&mut self, text: &mut Vec<u8>) -> io::Result<()> {
        let Some(byte) = self.next()? else { return Ok(()) };
        let escaped = match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return Ok(()),
            b'\r' => {
                let follows = self.peek()? == Some(b'\n');
                self.inner.consume(usize::from(follows));
                return Ok(());
            }
            b'0'..=b'7' => {
                let mut number = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek()? else { break };
                    self.inner.consume(1);
                    number = number * 8 + u32::from(digit - b'0');
                }
                number as u8
            }
            other => other,
        };
        keep(text, escaped);
        Ok(())
    }

    /// The rest of a string of hexadecimal digits (7.3.4.3).
    fn hexadecimal(&mut self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut high = None;
        while let Some(byte) = self.next()?.filter(|byte| *byte != b'>') {
            let Some(digit) = char::from(byte).to_digit(16) else { continue };
            match high.take() {
                None => high = Some(digit),
                Some(high) => keep(&mut text, (high << 4 | digit) as u8),
            }
        }
        if let Some(high) = high {
            keep(&mut text, (high << 4) as u8);
        }
        Ok(text)
    }

    /// Reads up to the next operator that gives text.
    fn step(&mut self) -> io::Result<()> {
        let Some(token) = self.token()? else {
            self.ended = true;
            return Ok(());
        };
        match token {
            Token::String(text) => {
                let room = MOST.saturating_sub(self.operands.len());
                // Two bytes a character, the first of them zero, is what fonts of many glyphs want.
                let is_wide = text.len() > 1 && text.iter().step_by(2).all(|byte| *byte == 0);
                let text = text.into_iter().filter(|byte| !is_wide || *byte != 0);
                self.operands.extend(text.take(room));
            }
            Token::Mark => {}
            Token::Word(word) => self.word(&word),
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) {
        match word {
            b"Tj" | b"TJ" => self.ready.extend(self.operands.drain(..)),
            b"'" | b"\"" => {
                self.ready.push_back(b'\n');
                self.ready.extend(self.operands.drain(..));
            }
            b"Td" | b"TD" => self.place(self.height + self.numbers[1]),
            b"Tm" => self.place(self.numbers[1]),
            b"T*" | b"ET" => self.line(),
            _ => {
                let number =
                    std::str::from_utf8(word).ok().and_then(|word| word.parse::<f32>().ok());
                match number {
                    Some(number) => {
                        self.numbers = [self.numbers[1], number];
                        if number <= BLANK && !self.operands.is_empty() {
                            self.operands.push(b' ');
                        }
                    }
                    // Another operator, or a name: the strings before it are not shown.
                    None => self.operands.clear(),
                }
            }
        }
    }

    /// Text goes on at another place: on the same line, if it is as high.
    fn place(&mut self, height: f32) {
        if (height - self.height).abs() < f32::EPSILON {
            self.operands.clear();
            self.ready.push_back(b' ');
        } else {
            self.line();
        }
        self.height = height;
    }

    fn line(&mut self) {
        self.operands.clear();
        self.ready.push_back(b'\n');
    }
}

impl<R: Read> Read for Shown<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.ended {
            self.step()?;
        }
        self.ready.read(buffer)
    }
}

/// Adds a byte, as long as there is room.
fn keep(text: &mut Vec<u8>, byte: u8) {
    if text.len() < MOST {
        text.push(byte);
    }
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(content: &[u8]) -> String {
        let mut text = String::new();
        Shown::new(content).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn strings_are_shown_by_their_operators() {
        assert_eq!(
            shown(b"BT /F1 12 Tf 72 712 Td (user = (a) \\(b\\) \\101) Tj ET"),
            "\nuser = (a) (b) A\n"
        );
        assert_eq!(
            shown(b"[(pass) -20 (word) -300 <3d20>] TJ T* <004100 42> Tj"),
            "password = \nAB"
        );
        assert_eq!(shown(b"1 0 0 1 7 70 Tm (a) Tj 9 0 Td (b) Tj 0 -9 Td (c) Tj"), "\na b\nc");
        assert_eq!(shown(b"(a) ' 1 2 (b) \" % (c) Tj\n/Name (d) Do"), "\na\nb");
        assert_eq!(shown(b"(a line\\\n that goes on) Tj (cut"), "a line that goes on");
        assert_eq!(shown(b"1 0 0 1 10 20 cm /Im1 Do"), "");
    }
}
