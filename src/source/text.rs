//! Python's literals: strings, f-strings, numbers, values. It knows no task.

use super::layout::{Between, Node};
use crate::workload::Value;

/// A string or an f-string, in pieces that are not split.
#[derive(Clone, Debug)]
pub struct Literal(Vec<Piece>);

/// No more than this is not worth a line of its own, if it can be helped.
const SHORT_PART: usize = 16;

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A character.
    Char(char),
    /// What an f-string has in braces.
    Field(String),
    /// Characters that took the place of a field.
    Known(String),
}

impl Piece {
    /// A field that is known already is text.
    pub fn constant(self) -> Piece {
        match self {
            Piece::Field(text) => Piece::Known(text),
            other => other,
        }
    }
}

/// Takes a workload's text apart: `{name}` is a field if `field` knows it, and stays text if it does not.
pub fn pieces<T: Into<String>>(text: &str, field: impl Fn(&str) -> Option<T>) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        pieces.extend(before.chars().map(Piece::Char));
        match after.split_once('}').and_then(|(name, after)| Some((field(name)?, after))) {
            Some((field, after)) => {
                pieces.push(Piece::Field(field.into()));
                rest = after;
            }
            None => {
                pieces.push(Piece::Char('{'));
                rest = after;
            }
        }
    }
    pieces.extend(rest.chars().map(Piece::Char));
    pieces
}

/// `print` of a text.
pub fn print(pieces: impl IntoIterator<Item = Piece>) -> Node {
    let literal = Literal::new(pieces);
    let text = if literal.0.is_empty() { Vec::new() } else { vec![Node::Literal(literal)] };
    Node::group("print(", text, ")", Between::Commas)
}

impl Literal {
    /// A literal of these pieces.
    pub fn new(pieces: impl IntoIterator<Item = Piece>) -> Literal {
        let mut chars = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Known(text) => chars.extend(text.chars().map(Piece::Char)),
                other => chars.push(other),
            }
        }
        Literal(chars)
    }

    /// The literal of a text without fields.
    pub fn of(text: &str) -> Literal {
        Literal(text.chars().map(Piece::Char).collect())
    }

    /// On one line.
    pub fn flat(&self) -> String {
        written(&self.0, self.quote())
    }

    /// In parts of at most `width` columns, broken after spaces, where there are any.
    ///
    /// Best is to break after a field, if that leaves more than a word for the next part; worst is before one, which
    /// would tear `argument {parameter}` apart.
    pub fn split(&self, width: usize) -> Vec<String> {
        let quote = self.quote();
        let mut parts = Vec::new();
        let mut rest = self.0.as_slice();
        while wider(rest, width, quote) {
            let spaces = (1..rest.len()).filter(|&at| rest[at - 1] == Piece::Char(' '));
            let fitting: Vec<_> = spaces.clone().take_while(|&at| columns(&rest[..at], quote) <= width).collect();
            let after_field = |&&at: &&usize| {
                let field = at >= 2 && matches!(rest[at - 2], Piece::Field(_));
                field && 2 * columns(&rest[..at], quote) >= width && wider(&rest[at..], SHORT_PART, quote)
            };
            let not_before_field = |&&at: &&usize| !matches!(rest[at], Piece::Field(_));
            let best = fitting.iter().rfind(after_field).or_else(|| fitting.iter().rfind(not_before_field));
            // A word that is too long by itself stays whole.
            let Some(at) = best.or(fitting.last()).copied().or_else(|| spaces.clone().next()) else { break };
            let (part, next) = rest.split_at(at);
            parts.push(written(part, quote));
            rest = next;
        }
        parts.push(written(rest, quote));
        parts
    }

    /// Double quotes, unless only those are inside.
    fn quote(&self) -> char {
        let has = |quote| self.0.contains(&Piece::Char(quote));
        if has('"') && !has('\'') { '\'' } else { '"' }
    }
}

fn columns(pieces: &[Piece], quote: char) -> usize {
    written(pieces, quote).chars().count()
}

/// Whether pieces take more columns than these. Each takes one at the least, so that long ones are seen at once.
fn wider(pieces: &[Piece], width: usize, quote: char) -> bool {
    pieces.len() > width || columns(pieces, quote) > width
}

/// A literal: with an `f` if it has a field, and only then with braces doubled.
fn written(pieces: &[Piece], quote: char) -> String {
    let fields = pieces.iter().any(|piece| matches!(piece, Piece::Field(_)));
    let mut written = String::from(if fields { "f" } else { "" });
    written.push(quote);
    for piece in pieces {
        match piece {
            Piece::Field(field) | Piece::Known(field) => written.extend(["{", field, "}"]),
            Piece::Char(c @ ('{' | '}')) if fields => written.extend([*c, *c]),
            Piece::Char(c) if *c == quote => written.extend(['\\', quote]),
            Piece::Char(c) => escape(*c, &mut written),
        }
    }
    written.push(quote);
    written
}

/// Writes a character as Python's `repr` does: what would change the literal or could not be seen in it is escaped.
fn escape(c: char, written: &mut String) {
    if matches!(c, ' '..='~') && c != '\\' {
        written.push(c);
        return;
    }
    // Behind a letter, so that a character that combines with the one before it has one.
    let repr = Value::Str(String::from_iter(['a', c])).repr();
    written.push_str(&repr["'a".len()..repr.len() - "'".len()]);
}

/// A value, as code.
pub fn value(value: &Value) -> Node {
    match value {
        Value::Str(text) => Node::text(Literal::of(text).flat()),
        Value::Float(number) if !number.is_finite() => Node::text(format!("float(\"{}\")", value.repr())),
        Value::Tuple(items) => tuple(items),
        Value::List(items) => list(items.iter().map(self::value).collect()),
        Value::Dict(items) => dict(items.iter().map(|(key, value)| (key.as_str(), value))),
        other => Node::text(other.repr()),
    }
}

/// A tuple, as code.
pub fn tuple(items: &[Value]) -> Node {
    let items: Vec<_> = items.iter().map(value).collect();
    match items.as_slice() {
        // Its comma makes it a tuple.
        [item] => Node::text(format!("({},)", item.flat())),
        _ => Node::group("(", items, ")", Between::Commas),
    }
}

/// A dict, as code.
pub fn dict<'a>(items: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Node {
    let pair = |(key, item): (&str, &Value)| Node::Keyed(Literal::of(key).flat() + ": ", Box::new(value(item)));
    Node::group("{", items.into_iter().map(pair).collect(), "}", Between::Commas)
}

/// A list, as code: simple items fill its lines, others get a line each.
pub fn list(items: Vec<Node>) -> Node {
    let simple = items.iter().all(|item| matches!(item, Node::Text(_)));
    Node::group("[", items, "]", if simple { Between::Filled } else { Between::Commas })
}

/// A number with its digits in groups, if they are many: `200_000`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}
