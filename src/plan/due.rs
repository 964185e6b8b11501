//! What is due for one trigger.

use super::finding::Finding;
use super::step::PlannedStep;

/// What is due for one trigger, before it is asked whether the alias can take the traffic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    /// What a write cannot mend.
    pub findings: Vec<Finding>,
    /// Edits of integrations, stage variables and mappings.
    pub edits: Vec<PlannedStep>,
    /// Why the stage has to be deployed; `None` when it need not be.
    pub deploy: Option<String>,
}

impl Due {
    /// Whether all of the trigger calls the alias, and callers see that.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.edits.is_empty() && self.deploy.is_none()
    }
}

/// Why a stage has to be deployed: what it serves of `first`, and of others if there are more than one, does not call the alias yet.
pub fn stale(stage: &str, first: &str, count: usize) -> String {
    let more = if count > 1 {
        format!(" and {} more", count - 1)
    } else {
        String::new()
    };
    format!("what stage {stage} serves of {first}{more} does not call the alias yet")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_stale_is_named_and_the_others_are_counted() {
        let text = |count| stale("prod", "GET /reviews", count);
        assert_eq!(text(1), "what stage prod serves of GET /reviews does not call the alias yet");
        assert_eq!(
            text(3),
            "what stage prod serves of GET /reviews and 2 more does not call the alias yet"
        );
    }
}
