//! What was found, and how it is shown: to people as `linkerd check` shows it, to programs as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

/// Version of the JSON, raised when a member changes its meaning or goes.
const SCHEMA_VERSION: u32 = 1;

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is to hold, as a statement.
    pub description: String,
    /// Whether it does.
    pub finding: Finding,
}

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It does.
    Success,
    /// It does not, and the operator can work all the same.
    Warning(Trouble),
    /// It does not, and the operator cannot work.
    Error(Trouble),
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What was found instead, in one sentence.
    pub error: String,
    /// What the reader does next.
    pub hint: String,
}

/// Checks of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its heading.
    pub name: &'static str,
    /// In the order in which one rests on the other: the first error is the root of those after it.
    pub checks: Vec<Check>,
}

/// Everything that was looked at, in the order in which one rests on the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(pub Vec<Category>);

impl Trouble {
    /// With a remedy.
    pub fn new(error: impl Into<String>, hint: impl Into<String>) -> Self {
        let (error, hint) = (error.into(), hint.into());
        Self { error, hint }
    }
}

impl Check {
    /// It holds.
    pub fn success(description: impl Into<String>) -> Self {
        let description = description.into();
        let finding = Finding::Success;
        Self { description, finding }
    }

    /// It does not, which can be lived with.
    pub fn warning(description: impl Into<String>, error: impl Into<String>, hint: impl Into<String>) -> Self {
        let description = description.into();
        let finding = Finding::Warning(Trouble::new(error, hint));
        Self { description, finding }
    }

    /// It does not.
    pub fn error(description: impl Into<String>, error: impl Into<String>, hint: impl Into<String>) -> Self {
        let description = description.into();
        let finding = Finding::Error(Trouble::new(error, hint));
        Self { description, finding }
    }

    const fn is_error(&self) -> bool {
        matches!(self.finding, Finding::Error(_))
    }

    const fn is_warning(&self) -> bool {
        matches!(self.finding, Finding::Warning(_))
    }
}

impl Report {
    /// Whether the operator can work.
    pub fn success(&self) -> bool {
        self.root_cause().is_none()
    }

    /// The first error, as one sentence.
    pub fn root_cause(&self) -> Option<String> {
        let first = self.checks().find(|check| check.is_error())?;
        match &first.finding {
            Finding::Error(trouble) => Some(format!("{}: {}", first.description, trouble.error)),
            Finding::Success | Finding::Warning(_) => None,
        }
    }

    fn checks(&self) -> impl Iterator<Item = &Check> {
        self.0.iter().flat_map(|category| &category.checks)
    }

    /// For people; `colour` for a terminal.
    pub fn text(&self, colour: bool) -> String {
        let mut text = String::new();
        for category in &self.0 {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{}\n{}", category.name, "-".repeat(category.name.len()));
            for check in &category.checks {
                let (sign, trouble) = shown(&check.finding, colour);
                let _ = writeln!(text, "{sign} {}", check.description);
                if let Some(trouble) = trouble {
                    let _ = writeln!(text, "    {}\n    hint: {}", trouble.error, trouble.hint);
                }
            }
            text.push('\n');
        }
        let (errors, warnings) = (
            self.checks().filter(|c| c.is_error()).count(),
            self.checks().filter(|c| c.is_warning()).count(),
        );
        let sign = if errors == 0 {
            shown(&Finding::Success, colour).0
        } else {
            paint("×", RED, colour)
        };
        let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let _ = writeln!(
            text,
            "Status check results are {sign} ({}, {})",
            counted(errors, "error"),
            counted(warnings, "warning")
        );
        text
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let check = |check: &Check| {
            let (result, trouble) = match &check.finding {
                Finding::Success => ("success", None),
                Finding::Warning(trouble) => ("warning", Some(trouble)),
                Finding::Error(trouble) => ("error", Some(trouble)),
            };
            let mut shown = json!({"description": check.description, "result": result});
            if let Some(Trouble { error, hint }) = trouble {
                shown["error"] = json!(error);
                shown["hint"] = json!(hint);
            }
            shown
        };
        let categories: Vec<_> = self
            .0
            .iter()
            .map(|category| json!({"categoryName": category.name, "checks": category.checks.iter().map(check).collect::<Vec<_>>()}))
            .collect();
        json!({"schemaVersion": SCHEMA_VERSION, "success": self.success(), "categories": categories})
    }
}

const RED: u8 = 31;
const GREEN: u8 = 32;
const YELLOW: u8 = 33;

fn shown(finding: &Finding, colour: bool) -> (String, Option<&Trouble>) {
    match finding {
        Finding::Success => (paint("√", GREEN, colour), None),
        Finding::Warning(trouble) => (paint("‼", YELLOW, colour), Some(trouble)),
        Finding::Error(trouble) => (paint("×", RED, colour), Some(trouble)),
    }
}

fn paint(sign: &str, code: u8, colour: bool) -> String {
    if colour {
        format!("\x1b[{code}m{sign}\x1b[0m")
    } else {
        sign.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report(vec![
            Category {
                name: "kubernetes-api",
                checks: vec![Check::success("the API server answers")],
            },
            Category {
                name: "aws",
                checks: vec![
                    Check::warning("a region is set", "there is none", "set AWS_REGION"),
                    Check::error("AWS knows the credentials", "there are none", "set some"),
                    Check::error("another", "follows from it", "nothing"),
                ],
            },
        ])
    }

    #[test]
    fn people_see_signs_what_was_found_and_a_hint() {
        let expected = "kubernetes-api\n--------------\n√ the API server answers\n\naws\n---\n‼ a region is set\n    there is none\n    hint: set AWS_REGION\n\
                        × AWS knows the credentials\n    there are none\n    hint: set some\n× another\n    follows from it\n    hint: nothing\n\n\
                        Status check results are × (2 errors, 1 warning)\n";
        assert_eq!(report().text(false), expected);
        assert!(report().text(true).contains("\x1b[31m×\x1b[0m AWS knows the credentials"));
    }

    #[test]
    fn programs_see_the_same() {
        let shown = report().json();
        assert_eq!((&shown["schemaVersion"], &shown["success"]), (&json!(1), &json!(false)));
        let aws = &shown["categories"][1];
        assert_eq!(aws["categoryName"], "aws");
        let warning = json!({"description": "a region is set", "result": "warning", "error": "there is none", "hint": "set AWS_REGION"});
        assert_eq!(aws["checks"][0], warning);
    }

    #[test]
    fn the_root_cause_is_the_first_error() {
        assert_eq!(report().root_cause().as_deref(), Some("AWS knows the credentials: there are none"));
        assert!(Report::default().success());
    }
}
