//! By evidence: whether the function's requests come through the alias. Source: AWS-112, AWS-113.
//!
//! The words are coarse, so that a busy endpoint does not churn; the numbers are metrics.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::jiff::Timestamp;

use super::assess::Pass;
use super::bypass::{self, PastAlias};
use super::conditions::{Conditions, Status, find};
use super::routed::listed;
use super::usage::Usage;
use crate::api::{ConditionType, Reason};

/// From this share of the requests on, the alias has the traffic ...
const ENOUGH: f64 = 0.95;
/// ... and when it once had not, from this one on: a share at the edge must not flip the verdict with each sample.
const ENOUGH_AGAIN: f64 = 0.97;
/// So many requests past the alias make a verdict: somebody who tries the function in the console is no caller.
const LEAST: f64 = 5.0;
/// Callers may reach their old target for as many seconds after they were moved. Source: AWS-76, AWS-87.
const SPREAD: i64 = 60;
/// Width of the edges between two words for a share.
const EDGE: f64 = 0.02;

/// What a sample says about the way that requests take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// There were no requests, or none are known yet.
    None,
    /// Too few to tell.
    Few,
    /// They come through the alias.
    Through,
    /// They reach the function past the alias, as they did before its callers were moved.
    FromBefore,
    /// They reach the function past the alias.
    Past,
}

/// Requests through the alias, and all requests of the function.
fn counts(usage: &Usage) -> (f64, f64) {
    let through = usage.invocations.unwrap_or(0.0);
    (through, usage.of_function.unwrap_or(0.0).max(through))
}

/// Share of the function's requests that came through the alias, 0.0 to 1.0; `None` without requests.
pub fn share(usage: &Usage) -> Option<f64> {
    let (through, all) = counts(usage);
    // Without an answer about the function as a whole, the alias alone would always have all of it.
    (usage.of_function.is_some() && all > 0.0).then(|| through / all)
}

/// What a sample says, given the conditions that stand in status.
pub fn evidence(previous: &[Condition], usage: &Usage) -> Evidence {
    let routed = find(previous, ConditionType::RoutedToAlias).filter(|c| c.status == Status::True.as_str());
    judge(previous, routed.map(|c| c.last_transition_time.0), usage)
}

/// `routed`: since when, by configuration, every trigger calls the alias.
fn judge(previous: &[Condition], routed: Option<Timestamp>, usage: &Usage) -> Evidence {
    let Some(share) = share(usage) else { return Evidence::None };
    let (through, all) = counts(usage);
    let said = find(previous, ConditionType::TrafficOnAlias);
    let was_past = said.is_some_and(|c| c.status == Status::False.as_str());
    if share >= if was_past { ENOUGH_AGAIN } else { ENOUGH } {
        Evidence::Through
    } else if all - through < LEAST {
        if through > all - through {
            Evidence::Through
        } else {
            Evidence::Few
        }
    } else if routed.is_some_and(|moved| usage.since.as_second() < moved.as_second() + SPREAD && !told_since(said, moved)) {
        Evidence::FromBefore
    } else {
        Evidence::Past
    }
}

/// Whether a verdict was spoken after `moved`: then what is seen now is news.
fn told_since(said: Option<&Condition>, moved: Timestamp) -> bool {
    said.is_some_and(|c| c.status != Status::Unknown.as_str() && c.last_transition_time.0 > moved)
}

/// Sets the condition. After [`super::routed::of`]: callers that were moved just now are forgiven what they did before.
pub fn of(pass: &Pass, conditions: &mut Conditions) {
    let kind = ConditionType::TrafficOnAlias;
    let Some(usage) = pass.usage else {
        if pass.unsampled.is_some() {
            let text = "CloudWatch does not answer: see MetricsAvailable";
            conditions.set(kind, Status::Unknown, Reason::Stale, text);
        } else if !conditions.keep(kind) {
            conditions.set(kind, Status::Unknown, Reason::Pending, "CloudWatch was not asked yet");
        }
        return;
    };
    let routed = conditions.since(ConditionType::RoutedToAlias, Status::True);
    let (status, reason, text) = match judge(&pass.previous.conditions, routed, usage) {
        Evidence::None => {
            let text = "CloudWatch has no requests of the function in the last window: none were made, or none are known yet";
            (Status::Unknown, Reason::NoTrafficYet, text.to_owned())
        }
        Evidence::Few => {
            let text = "the function had too few requests in the last window to tell which way they come";
            (Status::Unknown, Reason::NoTrafficYet, text.to_owned())
        }
        Evidence::FromBefore => {
            let text = "the triggers were pointed at the alias a short while ago; the requests that CloudWatch knows of are from before";
            (Status::Unknown, Reason::Waiting, text.to_owned())
        }
        Evidence::Through => (Status::True, Reason::Succeeded, through(pass, usage)),
        Evidence::Past => (Status::False, Reason::TrafficBypassesAlias, past(pass, usage)),
    };
    conditions.set(kind, status, reason, text);
}

fn through(pass: &Pass, usage: &Usage) -> String {
    let (function, alias) = (&pass.desired.function, &pass.desired.alias);
    let came = format!("the requests of {function} come through alias {alias}");
    if pass.observed.capacity.is_none() {
        return came;
    }
    let (requests, _) = counts(usage);
    let share = (usage.warm.unwrap_or(0.0) / requests.max(1.0)).clamp(0.0, 1.0);
    let text = |share: f64| format!("{came}, {} on warm environments", word(share));
    let before = find(&pass.previous.conditions, ConditionType::TrafficOnAlias).map(|c| c.message.as_str());
    let edges = [share - EDGE, share + EDGE].map(text);
    // At the edge of two words, the one that stands there is kept.
    edges.into_iter().find(|edge| before == Some(edge)).unwrap_or_else(|| text(share))
}

fn word(share: f64) -> &'static str {
    match share {
        s if s >= 0.95 => "nearly all of them",
        s if s >= 0.5 => "most of them",
        s if s > 0.0 => "less than half of them",
        _ => "none of them",
    }
}

fn past(pass: &Pass, usage: &Usage) -> String {
    let (function, alias) = (&pass.desired.function, &pass.desired.alias);
    let (through, _) = counts(usage);
    let seen = if through > 0.0 {
        format!("not all requests of {function} come through alias {alias}")
    } else {
        format!("no request of {function} comes through alias {alias}")
    };
    let remedy = format!("point callers at {}", pass.desired.alias_arn());
    let who = bypass::of(pass.desired, pass.observed).map_or_else(|| "who makes the others is being looked up".into(), |past| blame(&past));
    format!("{seen}; {who}; {remedy}")
}

/// Who calls the function otherwise, who may, and what could not be looked at.
fn blame(past: &PastAlias) -> String {
    let mut parts = Vec::new();
    if !past.callers.is_empty() {
        parts.push(format!("past it call: {}", listed(past.callers.clone())));
    }
    if !past.allowed.is_empty() {
        parts.push(format!("allowed to: {}", listed(past.allowed.clone())));
    }
    if parts.is_empty() {
        let text = "no API of the triggers, event source mapping, function URL or policy statement explains it, so somebody with rights \
                    of their own invokes the function: look for lambda:InvokeFunction in roles and in CloudTrail's data events";
        parts.push(text.into());
    }
    if !past.denied.is_empty() {
        parts.push(format!("not looked at, because AWS denies it: {}", past.denied.join(", ")));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::fixtures::{at, condition, desired, message, moment, quiet, verdict_with};
    use crate::plan::observed::{Bypass, FunctionUrl, Observed};

    /// A sample of so many requests through the alias, of so many of the function, since `since`.
    fn sample(through: f64, all: f64, since: i64) -> Usage {
        Usage {
            invocations: (through > 0.0).then_some(through),
            of_function: (all > 0.0).then_some(all),
            warm: (through > 0.0).then_some(through),
            since: at(since),
            ..Usage::default()
        }
    }

    fn looked() -> Observed {
        Observed {
            bypass: Some(Bypass::default()),
            ..quiet()
        }
    }

    fn told(usage: &Usage, previous: &WarmLambdaEndpointStatus, seconds: i64) -> WarmLambdaEndpointStatus {
        verdict_with(Some(usage), &desired(), &looked(), previous, seconds).status
    }

    fn said(status: &WarmLambdaEndpointStatus) -> String {
        let (status, reason) = condition(status, "TrafficOnAlias").unwrap();
        format!("{status} {reason}")
    }

    /// A quiet endpoint whose requests have come through the alias for long.
    fn settled() -> WarmLambdaEndpointStatus {
        let first = verdict_with(None, &desired(), &quiet(), &WarmLambdaEndpointStatus::default(), 0).status;
        told(&sample(100.0, 100.0, 0), &first, 100)
    }

    #[test]
    fn only_a_verdict_after_the_move_makes_news_of_what_is_past_the_alias() {
        let judged = |said: Option<(Status, i64)>| {
            let mut before = Conditions::new(&[], moment(said.map_or(0, |(_, since)| since)));
            if let Some((status, _)) = said {
                before.set(ConditionType::TrafficOnAlias, status, Reason::Succeeded, "");
            }
            judge(&before.finish(), Some(at(0)), &sample(0.0, 100.0, 0))
        };
        assert_eq!(judged(None), Evidence::FromBefore);
        assert_eq!(judged(Some((Status::Unknown, 10))), Evidence::FromBefore);
        assert_eq!(judged(Some((Status::True, 0))), Evidence::FromBefore);
        assert_eq!(judged(Some((Status::True, 10))), Evidence::Past);
    }

    #[test]
    fn how_many_are_warm_is_a_word_that_stays_at_its_edges() {
        for (share, expected) in [
            (1.0, "nearly all of them"),
            (0.95, "nearly all of them"),
            (0.94, "most of them"),
            (0.5, "most of them"),
            (0.49, "less than half of them"),
            (0.01, "less than half of them"),
            (0.0, "none of them"),
        ] {
            assert_eq!(word(share), expected, "{share}");
        }
        let warm = |share: f64, previous: &WarmLambdaEndpointStatus| {
            let usage = Usage {
                warm: Some(100.0 * share),
                ..sample(100.0, 100.0, 0)
            };
            told(&usage, previous, 100)
        };
        let (nearly, most) = (warm(1.0, &settled()), warm(0.8, &settled()));
        for share in [0.95 - EDGE / 2.0, 0.95 + EDGE / 2.0] {
            for before in [&nearly, &most] {
                assert_eq!(
                    message(&warm(share, before), "TrafficOnAlias"),
                    message(before, "TrafficOnAlias"),
                    "{share}"
                );
            }
        }
        assert_ne!(message(&nearly, "TrafficOnAlias"), message(&most, "TrafficOnAlias"));
    }

    #[test]
    fn of_requests_past_the_alias_it_is_said_whether_some_come_through() {
        let some = told(&sample(50.0, 100.0, 0), &settled(), 4000);
        let none = told(&sample(0.0, 100.0, 0), &settled(), 4000);
        for (status, expected) in [
            (some, "not all requests of fir-api come through"),
            (none, "no request of fir-api comes through"),
        ] {
            assert_eq!(said(&status), "False TrafficBypassesAlias");
            assert!(
                message(&status, "TrafficOnAlias").starts_with(expected),
                "{}",
                message(&status, "TrafficOnAlias")
            );
        }
    }

    #[test]
    fn the_share_is_known_only_of_a_function_with_requests() {
        assert_eq!(share(&sample(3.0, 4.0, 0)), Some(0.75));
        assert_eq!(share(&sample(0.0, 0.0, 0)), None);
        assert_eq!(share(&sample(3.0, 0.0, 0)), None, "of the function nothing is known");
        let idle = Usage {
            of_function: Some(0.0),
            ..sample(0.0, 0.0, 0)
        };
        assert_eq!(share(&idle), None);
    }

    #[test]
    fn a_few_requests_past_the_alias_are_too_few_to_tell_unless_more_come_through_it() {
        for (through, all, expected) in [
            (3.0, 5.0, Evidence::Through),
            (2.0, 4.0, Evidence::Few),
            (3.0, 7.0, Evidence::Few),
            (1.0, 3.0, Evidence::Few),
            (0.0, 3.0, Evidence::Few),
        ] {
            assert_eq!(evidence(&[], &sample(through, all, 0)), expected, "{through} of {all}");
        }
    }

    #[test]
    fn requests_that_come_through_the_alias_are_said_to_in_a_sentence_without_numbers() {
        let status = settled();
        assert_eq!(said(&status), "True Succeeded");
        assert_eq!(
            message(&status, "TrafficOnAlias"),
            "the requests of fir-api come through alias live, nearly all of them on warm environments"
        );
        let busier = told(&sample(4711.0, 4720.0, 1000), &status, 1200);
        assert_eq!(status, busier, "other numbers of the same kind change nothing");
    }

    #[test]
    fn below_95_percent_traffic_bypasses_the_alias_and_ready_stays_true() {
        for (through, expected) in [
            (95.0, "True Succeeded"),
            (94.0, "False TrafficBypassesAlias"),
            (0.0, "False TrafficBypassesAlias"),
        ] {
            let status = told(&sample(through, 100.0, 1000), &settled(), 1200);
            assert_eq!(said(&status), expected, "{through} of 100");
            assert_eq!(condition(&status, "Ready").unwrap().0, "True");
        }
    }

    #[test]
    fn a_share_at_the_edge_does_not_flip_the_verdict_with_each_sample() {
        let past = told(&sample(900.0, 1000.0, 1000), &settled(), 1200);
        assert_eq!(said(&told(&sample(960.0, 1000.0, 1300), &past, 1500)), "False TrafficBypassesAlias");
        assert_eq!(said(&told(&sample(970.0, 1000.0, 1300), &past, 1500)), "True Succeeded");
    }

    #[test]
    fn a_stray_call_is_no_caller() {
        assert_eq!(said(&told(&sample(6.0, 8.0, 1000), &settled(), 1200)), "True Succeeded");
        assert_eq!(said(&told(&sample(0.0, 4.0, 1000), &settled(), 1200)), "Unknown NoTrafficYet");
        assert_eq!(said(&told(&sample(0.0, 5.0, 1000), &settled(), 1200)), "False TrafficBypassesAlias");
    }

    #[test]
    fn without_data_it_is_unknown() {
        assert_eq!(said(&told(&sample(0.0, 0.0, 1000), &settled(), 1200)), "Unknown NoTrafficYet");
        let before = verdict_with(None, &desired(), &quiet(), &WarmLambdaEndpointStatus::default(), 0).status;
        assert_eq!(said(&before), "Unknown Pending");
    }

    #[test]
    fn a_restart_of_the_operator_takes_no_verdict_back() {
        let status = settled();
        let after = verdict_with(None, &desired(), &quiet(), &status, 1200).status;
        assert_eq!(status, after);
    }

    #[test]
    fn callers_that_were_just_moved_are_forgiven_what_they_did_before() {
        let fresh = verdict_with(None, &desired(), &quiet(), &WarmLambdaEndpointStatus::default(), 0).status;
        let held = told(&sample(0.0, 100.0, -600), &fresh, 10);
        assert_eq!(said(&held), "Unknown Waiting");
        assert_eq!(evidence(&held.conditions, &sample(0.0, 100.0, 59)), Evidence::FromBefore);
        assert_eq!(said(&told(&sample(0.0, 100.0, 60), &held, 700)), "False TrafficBypassesAlias");
    }

    #[test]
    fn who_left_the_alias_after_a_verdict_is_not_forgiven() {
        let status = told(&sample(10.0, 110.0, -600), &settled(), 160);
        assert_eq!(said(&status), "False TrafficBypassesAlias");
    }

    #[test]
    fn who_calls_past_the_alias_is_named_with_what_to_do() {
        let mut observed = looked();
        let url = FunctionUrl {
            qualifier: None,
            url: "https://abc.lambda-url.eu-west-1.on.aws/".into(),
        };
        observed.bypass = Some(Bypass {
            urls: vec![url],
            denied: vec!["lambda:GetPolicy".into()],
            ..Bypass::default()
        });
        let status = verdict_with(Some(&sample(0.0, 100.0, 1000)), &desired(), &observed, &settled(), 1200).status;
        let message = message(&status, "TrafficOnAlias");
        for words in [
            "no request of fir-api comes through alias live",
            "past it call: function URL https://abc.lambda-url.eu-west-1.on.aws/",
            "AWS denies it: lambda:GetPolicy",
            "point callers at arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live",
        ] {
            assert!(message.contains(words), "{words}: {message}");
        }
    }

    #[test]
    fn when_nothing_explains_it_that_is_said() {
        let status = told(&sample(0.0, 100.0, 1000), &settled(), 1200);
        assert!(message(&status, "TrafficOnAlias").contains("somebody with rights of their own invokes the function"));
    }

    #[test]
    fn the_flip_is_an_event_and_the_state_is_none() {
        let past = sample(50.0, 100.0, 1000);
        let flip = verdict_with(Some(&past), &desired(), &looked(), &settled(), 1200);
        let reasons = |events: &[crate::plan::assess::Event]| events.iter().map(|e| e.reason).collect::<Vec<_>>();
        assert_eq!(reasons(&flip.events), ["TrafficBypassesAlias"]);
        let again = verdict_with(Some(&past), &desired(), &looked(), &flip.status, 1500);
        assert_eq!(reasons(&again.events), Vec::<&str>::new());
    }

    #[test]
    fn the_word_for_the_warm_share_stays_at_an_edge() {
        let with = |warm: f64| Usage {
            warm: Some(warm),
            ..sample(100.0, 100.0, 1000)
        };
        let status = told(&with(94.0), &settled(), 1200);
        assert!(message(&status, "TrafficOnAlias").contains("nearly all of them"), "{status:?}");
        let status = told(&with(92.0), &settled(), 1200);
        assert!(message(&status, "TrafficOnAlias").contains("most of them"), "{status:?}");
    }
}
