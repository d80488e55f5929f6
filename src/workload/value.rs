//! Python values as arguments and results: enough of them for workloads. It knows no task.

use serde::{Deserialize, Serialize};

/// A Python value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// `None`
    None,
    /// `True` or `False`
    Bool(bool),
    /// An `int`
    Int(i64),
    /// A `float`
    Float(f64),
    /// A `str`
    Str(String),
    /// A `tuple`
    Tuple(Vec<Value>),
    /// A `list`
    List(Vec<Value>),
    /// A `dict` with `str` keys
    Dict(Vec<(String, Value)>),
    /// A `bytes` object: a payload whose crossing costs something. Real memory, copied for real.
    Bytes(#[serde(with = "payload")] Vec<u8>),
}

impl Value {
    /// What Python's `repr()` gives.
    #[must_use]
    pub fn repr(&self) -> String {
        let join = |items: &[Value]| items.iter().map(Value::repr).collect::<Vec<_>>().join(", ");
        match self {
            Value::None => "None".to_owned(),
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => repr_float(*number),
            Value::Str(text) => repr_str(text),
            Value::Tuple(items) if items.len() == 1 => format!("({},)", items[0].repr()),
            Value::Tuple(items) => format!("({})", join(items)),
            Value::List(items) => format!("[{}]", join(items)),
            Value::Dict(items) => {
                let items: Vec<_> =
                    items.iter().map(|(key, value)| format!("{}: {}", repr_str(key), value.repr())).collect();
                format!("{{{}}}", items.join(", "))
            }
            Value::Bytes(bytes) => format!("bytes({})", bytes.len()),
        }
    }

    /// What Python's `str()` gives, and `print` and f-strings with it.
    #[must_use]
    pub fn str(&self) -> String {
        match self {
            Value::Str(text) => text.clone(),
            other => other.repr(),
        }
    }

    /// The value as a number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }
}

/// Python's `repr` of a str: single quotes, unless only single quotes are inside.
fn repr_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut repr = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => repr.push_str("\\\\"),
            '\n' => repr.push_str("\\n"),
            '\r' => repr.push_str("\\r"),
            '\t' => repr.push_str("\\t"),
            c if c == quote => repr.extend(['\\', c]),
            c if is_printable(c) => repr.push(c),
            c => repr.push_str(&match c as u32 {
                code @ 0..=0xff => format!("\\x{code:02x}"),
                code @ 0x100..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
        }
    }
    repr.push(quote);
    repr
}

/// Python's `str.isprintable()`: no control, format, private or unassigned character, no separator but the space.
///
/// Rust's Debug escapes the same categories; within a text it leaves combining characters as they are.
fn is_printable(c: char) -> bool {
    let text = String::from_iter(['a', c]);
    matches!(c, '\'' | '"' | '\\') || text.escape_debug().count() == 2
}

/// Python's `repr` of a float: the shortest digits that give the number back; an exponent from 1e16 and below 1e-4.
fn repr_float(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        "nan".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{number:e}");
        let digits = text.find('.').map_or(0, |dot| text.find('e').unwrap_or(text.len()) - dot - 1);
        let text = to_even(number, text, format!("{number:.digits$e}"));
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        format!("{digits}e{sign}{exponent:0>2}")
    } else if number.fract() == 0.0 {
        format!("{number:.1}")
    } else {
        let text = number.to_string();
        let digits = text.len() - text.find('.').map_or(text.len(), |dot| dot + 1);
        to_even(number, text, format!("{number:.digits$}"))
    }
}

/// Of two texts with equally many digits: where the number lies in the middle, Rust's `shortest` takes the larger one
/// and Python the even one, as rounding to so many digits does. (1658206780088562.25 is such a number.)
fn to_even(number: f64, shortest: String, rounded: String) -> String {
    if rounded.parse() == Ok(number) { rounded } else { shortest }
}

/// A Python exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The class: `ValueError`.
    #[serde(rename = "type")]
    pub class: String,
    /// Its message.
    #[serde(default)]
    pub message: String,
}

impl Exception {
    /// An exception of this class with this message.
    #[must_use]
    pub fn new(class: impl Into<String>, message: impl Into<String>) -> Exception {
        Exception { class: class.into(), message: message.into() }
    }

    /// What the result of a cancelled call is.
    #[must_use]
    pub fn cancelled() -> Exception {
        Exception::new("CancelledError", "")
    }

    /// Whether it is that.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.class == "CancelledError"
    }

    /// The last line of Python's traceback: `ValueError: message`.
    #[must_use]
    pub fn line(&self) -> String {
        match self.class.as_str() {
            class if self.message.is_empty() => class.to_owned(),
            // str() of a KeyError is the repr of its argument.
            class @ "KeyError" => format!("{class}: {}", repr_str(&self.message)),
            class => format!("{class}: {}", self.message),
        }
    }
}

/// How a call ended: what `future.result()` returns or raises.
pub type Outcome = Result<Value, Exception>;

/// A payload crosses as bytes, not as a sequence of numbers.
mod payload {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}
