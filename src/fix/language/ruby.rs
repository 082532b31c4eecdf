//! Ruby, and the program in its templates.

use super::{
    Admission, Language, Need, Reading, Site, Source, begins_pattern, block_comment, has,
    is_suppression, line_comment, whole,
};
use crate::fix::edit::Edit;
use crate::fix::lexer::{Form, Heredoc, Kind, Literal, Token};
use crate::fix::lookup::{Lookup, Wanted};
use bstr::ByteSlice;
use std::ops::Range;

/// Ruby.
pub(super) static RUBY: Ruby = Ruby { template: false };
/// What stands in `<% … %>`.
pub(super) static TEMPLATE: Ruby = Ruby { template: true };

pub(super) struct Ruby {
    template: bool,
}

impl Language for Ruby {
    fn comment(&self, text: &[u8], at: usize) -> Option<usize> {
        let margin = at == 0 || text[at - 1] == b'\n';
        if margin && has(text, at, "=begin") {
            return Some(block_comment(text, at, b"\n=end"));
        }
        (text[at] == b'#').then(|| line_comment(text, at))
    }

    fn opening(&self, text: &[u8], at: usize, before: Option<&Token>) -> Option<Form> {
        let double =
            |open: &str, close: &str| Form::quoted(open, close).over_lines().with_hole("#{", false);
        Some(match text[at] {
            b'\'' => Form::quoted("'", "'").over_lines(),
            b'"' => double("\"", "\""),
            b'`' => double("`", "`"),
            b'/' if begins_pattern(text, before) => Form::quoted("/", "/"),
            b'<' => return heredoc(&text[at..]),
            b'%' if begins_pattern(text, before) => return percent(&text[at..]),
            _ => return None,
        })
    }

    fn parts(&self, text: &[u8]) -> Vec<Range<usize>> {
        if self.template { between(text, &["<%"], "%>") } else { whole(text) }
    }

    fn admit(&self, site: &Site) -> Result<Admission, &'static str> {
        let literal = site.literal().ok_or("it is no literal")?;
        if literal.form.open == "/" {
            return Err("it stands in a regular expression");
        }
        if literal.form.open.starts_with(['%'])
            && literal.form.open[1..].starts_with(['w', 'i', 'W', 'I'])
        {
            return Err("it is one of a list of words");
        }
        if matches!(site.previous(), "require" | "require_relative") {
            return Err("it names a file");
        }
        if has(site.text, site.span().end, ":") && !has(site.text, site.span().end, "::") {
            return Err("it is a key");
        }
        if self.is_beside(site) && self.embed("", literal).is_none() {
            return Err("it is one of several literals side by side");
        }
        Ok(Admission::any())
    }

    fn read(&self, wanted: &Wanted, _: &Site) -> Result<Reading, &'static str> {
        let stored = |text: &str| {
            Reading::plain(format!("StoredSecrets.get(\"{}\")", wanted.stored()))
                .with(Need::Import("require_relative \"stored_secrets\""))
                .with(Need::File { name: "stored_secrets.rb", text: text.to_owned() })
        };
        Ok(match wanted.lookup {
            Lookup::Environment => Reading::plain(format!("ENV.fetch(\"{}\")", wanted.variable())),
            Lookup::SecretsManager => {
                stored(&CACHE.replace("GEM", "secretsmanager").replace("FETCH", SECRETS))
                    .reviewed("add aws-sdk-secretsmanager to the Gemfile")
            }
            Lookup::ParameterStore => {
                stored(&CACHE.replace("GEM", "ssm").replace("FETCH", PARAMETERS))
                    .reviewed("add aws-sdk-ssm to the Gemfile")
            }
        })
    }

    fn embed(&self, code: &str, literal: &Literal) -> Option<String> {
        literal.form.hole.map(|_| format!("#{{{code}}}"))
    }

    fn is_beside(&self, site: &Site) -> bool {
        site.is_beside_literal(false)
    }

    fn weave(
        &self,
        site: &Site,
        pieces: &[super::Piece],
    ) -> Result<Option<Vec<Edit>>, &'static str> {
        let Some(literal) = site.literal() else { return Ok(None) };
        if literal.form.heredoc.is_some() && literal.form.hole.is_none() {
            return Err("its heredoc takes no expressions");
        }
        if !self.is_beside(site) && literal.form.heredoc.is_none() {
            return Ok(None);
        }
        let edit = |piece: &super::Piece| {
            Some(Edit::replace(piece.span.clone(), self.embed(&piece.code, literal)?))
        };
        Ok(pieces.iter().map(edit).collect())
    }

    fn provide(&self, need: &Need, source: &Source) -> Vec<Edit> {
        let Need::Import(line) = need else { return Vec::new() };
        if source.text.contains_str(line) {
            return Vec::new();
        }
        let mut at = 0;
        for token in source.tokens {
            match token.kind {
                Kind::Comment if is_suppression(source.text, token) => break,
                Kind::Comment => {}
                Kind::LineEnd => at = token.span.end,
                _ => break,
            }
        }
        vec![Edit::insert(at, format!("{line}\n"))]
    }
}

/// The parts of a text between these marks.
pub(super) fn between(text: &[u8], opens: &[&str], close: &str) -> Vec<Range<usize>> {
    let (mut parts, mut at) = (Vec::new(), 0);
    loop {
        let found =
            opens.iter().filter_map(|open| Some((text[at..].find(open)?, open.len()))).min();
        let Some((open, length)) = found else { return parts };
        let from = at + open + length;
        let end = text[from..].find(close).map_or(text.len(), |end| from + end);
        parts.push(from..end);
        at = end;
    }
}

/// `<<~WORD`, `<<-'WORD'` or `<<WORD`.
fn heredoc(rest: &[u8]) -> Option<Form> {
    let after = rest.strip_prefix(b"<<")?;
    let indented = matches!(after.first()?, b'~' | b'-');
    let after = if indented { &after[1..] } else { after };
    let quote = after.first().filter(|b| matches!(b, b'\'' | b'"' | b'`')).copied();
    let named = if quote.is_some() { &after[1..] } else { after };
    let length = named.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let word = named[..length].to_str().ok()?;
    // `a <<b` appends; a heredoc without a sign has a name in capitals.
    let capital = word.starts_with(|c: char| c.is_ascii_uppercase());
    if word.is_empty() || !(indented || capital) {
        return None;
    }
    let open = rest.len() - named.len() + length + usize::from(quote.is_some());
    let form = Form::quoted(rest.get(..open)?.to_str().ok()?, "").over_lines();
    let form = if quote == Some(b'\'') { form } else { form.with_hole("#{", false) };
    Some(Form { heredoc: Some(Heredoc { word: word.to_owned(), indented }), ..form })
}

/// `%q(…)`, `%w[…]` and their like.
fn percent(rest: &[u8]) -> Option<Form> {
    let letter = rest.get(1).filter(|b| b"qQwWiIrsx".contains(b));
    let open = rest.get(1 + usize::from(letter.is_some()))?;
    let close = match open {
        b'(' => ")",
        b'[' => "]",
        b'{' => "}",
        b'<' => ">",
        b'|' => "|",
        b'!' => "!",
        _ => return None,
    };
    let length = 2 + usize::from(letter.is_some());
    let form = Form::quoted(rest[..length].to_str().ok()?, close).over_lines();
    let plain = matches!(letter, Some(b'q' | b'w' | b'i' | b's'));
    Some(if plain || close == "}" { form } else { form.with_hole("#{", false) })
}

const CACHE: &str = "\
# frozen_string_literal: true

require \"aws-sdk-GEM\"

# Reads secrets from AWS. Values are kept in memory for five minutes; the AWS SDK tries calls that are
# throttled again, with back-off.
module StoredSecrets
  KEPT = 300

  @values = {}
  @mutex = Mutex.new

  def self.get(name)
    @mutex.synchronize do
      value, read = @values[name]
      now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      return value if read && now - read < KEPT

      value = fetch(name)
      @values[name] = [value, now]
      value
    end
  end

FETCH
  private_class_method :fetch
end
";

const SECRETS: &str = "  def self.fetch(name)
    @client ||= Aws::SecretsManager::Client.new(retry_mode: \"standard\", max_attempts: 5)
    @client.get_secret_value(secret_id: name).secret_string
  end";

const PARAMETERS: &str = "  def self.fetch(name)
    @client ||= Aws::SSM::Client.new(retry_mode: \"standard\", max_attempts: 5)
    @client.get_parameter(name: name, with_decryption: true).parameter.value
  end";
