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
    source: String,
    #[serde(default = "yes")]
    gil: bool,
    switch_interval: Option<serde_json::Value>,
    #[serde(default)]
    args: Vec<String>,
}

fn yes() -> bool {
    true
}

impl ProgramRequest {
    /// Parses and checks a request for a program; none if it is a request for a workload.
    ///
    /// # Errors
    /// What is wrong, where, and what is allowed.
    pub fn parse(text: &str) -> Result<Option<ProgramRequest>, RequestError> {
        let is_program = serde_json::from_str::<serde_json::Value>(text).is_ok_and(|json| json.get("source").is_some());
        if !is_program {
            return Ok(None);
        }
        let raw: RawProgram = parse_json(text)?;
        if raw.source.len() > LONGEST {
            let problem = format!("{} bytes; at most {LONGEST} are allowed", raw.source.len());
            return Err(RequestError { place: "source".to_owned(), problem });
        }
        Ok(Some(ProgramRequest {
            source: raw.source,
            gil: raw.gil,
            switch_interval: check_switch_interval(raw.switch_interval)?,
            args: raw.args,
        }))
    }
}
