//! Mappings that hand records over in vain: advice on the function, never a reason not to be Ready.

use super::assess::Pass;
use super::conditions::{Conditions, Status};
use super::event_source::candidates;
use super::observed::{Mapping, MappingState};
use super::source_problem::{Said, of_result};
use crate::api::{ConditionType, Reason};

/// Sets the condition when the last batch of an enabled mapping of a trigger had a problem that is not the source's.
pub fn advise(pass: &Pass, conditions: &mut Conditions) {
    let Some(mappings) = &pass.observed.mappings else { return };
    let triggers = pass.desired.event_sources.iter();
    let mut failing: Vec<_> = triggers
        .flat_map(|trigger| candidates(pass.desired, mappings, trigger))
        .filter_map(|(uuid, mapping)| Some((uuid, mapping, reason(mapping)?)))
        .collect();
    failing.sort_by_key(|(uuid, ..)| *uuid);
    failing.dedup_by_key(|(uuid, ..)| *uuid);
    let Some((uuid, mapping, reason)) = failing.first() else { return };
    let more = match failing.len() {
        1 => String::new(),
        n => format!("; and {} more", n - 1),
    };
    let advice = match reason {
        Reason::FunctionFailing => format!(
            "look into log group /aws/lambda/{}; a batch that fails holds its shard up until it succeeds, is too old, or was tried often \
             enough",
            pass.desired.function
        ),
        _ => "records wait meanwhile".to_owned(),
    };
    let text = format!(
        "event source mapping {uuid} of {} to {} reports \"{}\": {advice}{more}",
        mapping.source_name(),
        mapping.called(),
        mapping.last_result
    );
    conditions.set(ConditionType::RecordsFailing, Status::True, *reason, text);
}

fn reason(mapping: &Mapping) -> Option<Reason> {
    if mapping.state != MappingState::Enabled {
        return None;
    }
    match of_result(&mapping.last_result)? {
        Said::Source(_) => None,
        Said::Function => Some(Reason::FunctionFailing),
        Said::Other => Some(Reason::ProcessingProblem),
    }
}

#[cfg(test)]
mod tests {
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::assess::Outcome;
    use crate::plan::fixtures::{ORDERS, condition, mapped, message, orders, verdict};

    /// `Ready` and `RecordsFailing`, and the message of the latter.
    fn told(result: &str) -> ([Option<(String, String)>; 2], String) {
        let (desired, mut observed) = (orders(), mapped(":live"));
        observed.mappings.as_mut().unwrap().get_mut(ORDERS).unwrap().last_result = result.into();
        let status = verdict(&desired, &observed, &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status;
        let message = message(&status, "RecordsFailing");
        ([condition(&status, "Ready"), condition(&status, "RecordsFailing")], message)
    }

    #[test]
    fn a_function_that_fails_on_records_is_advice_and_the_endpoint_is_ready() {
        let ([ready, failing], message) = told("PROBLEM: Function call failed");
        assert!(message.contains("look into log group /aws/lambda/fir-api"), "{message}");
        assert_eq!(ready.unwrap().0, "True");
        assert_eq!(failing, Some(("True".into(), "FunctionFailing".into())));
    }

    #[test]
    fn another_problem_is_told_as_what_it_is() {
        let ([_, failing], message) = told("PROBLEM: internal Lambda error. Please contact Lambda customer support.");
        assert_eq!(failing, Some(("True".into(), "ProcessingProblem".into())));
        assert!(message.contains("records wait meanwhile"), "{message}");
    }

    #[test]
    fn records_that_are_processed_are_no_advice() {
        assert_eq!(told("OK").0[1], None);
    }
}
