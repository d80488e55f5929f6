//! A Python program to be run as it stands, as a request asks for it.

use std::time::Duration;

use serde::Deserialize;

use super::request::{RequestError, check_switch_interval, parse_json};

/// A Python program, and how to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramRequest {
    /// The program.
    pub source: String,
    /// Whether its threads share a GIL; without one it runs as on the free-threaded build.
    pub gil: bool,
    /// The switch interval that it begins with.
    pub switch_interval: Duration,
    /// What follows the file's name in `sys.argv`.
    pub args: Vec<String>,
}

/// The longest program, in bytes.
const LONGEST: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RawProgram {
    source: Option<String>,
    example: Option<String>,
    gil: Option<bool>,
    switch_interval: Option<serde_json::Value>,
    #[serde(default)]
    args: Vec<String>,
}

impl ProgramRequest {
    /// Parses and checks a request for a program; none if it is a request for a workload. `example` looks a program up
    /// by its id: its source, and whether it has a GIL where the request does not say.
    ///
    /// # Errors
    /// What is wrong, where, and what is allowed.
    pub fn parse(
        text: &str,
        example: impl Fn(&str) -> Option<(&'static str, bool)>,
    ) -> Result<Option<ProgramRequest>, RequestError> {
        let json = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
        let has = |key: &str| json.get(key).is_some_and(|value| !value.is_null());
        let is_one = json.get("example").and_then(|id| id.as_str()).is_some_and(|id| example(id).is_some());
        if !has("source") && !is_one {
            return Ok(None);
        }
        let wrong = |place: &str, problem: String| Err(RequestError { place: place.to_owned(), problem });
        if has("source") && has("example") {
            return wrong("source", "there is an example too; a request has one of both".to_owned());
        }
        if let Some(key) = ["method", "maxWorkers", "scale", "startMethod"].into_iter().find(|key| has(key)) {
            return wrong(key, "a Python program is to be run, which says that itself; leave it out".to_owned());
        }
        let raw: RawProgram = parse_json(text)?;
        let (source, gil) = match raw.example.as_deref().and_then(example) {
            Some((source, gil)) => (source.to_owned(), gil),
            None => (raw.source.unwrap_or_default(), true),
        };
        if source.len() > LONGEST {
            return wrong("source", format!("{} bytes; at most {LONGEST} are allowed", source.len()));
        }
        Ok(Some(ProgramRequest {
            source,
            gil: raw.gil.unwrap_or(gil),
            switch_interval: check_switch_interval(raw.switch_interval)?,
            args: raw.args,
        }))
    }
}
