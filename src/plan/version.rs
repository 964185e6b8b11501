//! Which version the alias shall serve.

use super::desired::{Desired, DesiredVersion};
use super::finding::{Ends, Finding, Link};
use super::memory::Memory;
use super::observed::{CodeState, LatestCode, Observed};
use super::step::{PlannedStep, Step};
use crate::api::Reason;

/// What to do about the version.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// The alias shall serve this one, and it can: it is active, or the alias is on it already.
    Serve(u64),
    /// A version has to be published first; the alias stays where it is.
    Publish(PlannedStep),
    /// It cannot be said, or not be served, now; the alias stays where it is.
    Stay(Finding),
}

/// Chooses by the version policy.
pub fn choose(desired: &Desired, observed: &Observed, memory: &Memory) -> Choice {
    let Some(latest) = &observed.function else {
        return Choice::Stay(function_not_found(desired));
    };
    match desired.version {
        DesiredVersion::Pinned(number) => servable(desired, observed, memory, number),
        DesiredVersion::LatestPublished => match highest(observed) {
            Some(number) => servable(desired, observed, memory, number),
            None => {
                let text = format!(
                    "function {} has no published version: publish one, or use policy PublishOnChange",
                    desired.function
                );
                Choice::Stay(Finding::new(Link::Alias, Ends::ByDelivery, Reason::VersionNotFound, text))
            }
        },
        DesiredVersion::PublishOnChange => match published(latest, observed, memory) {
            Some(number) => servable(desired, observed, memory, number),
            None => publish(desired, observed, latest),
        },
    }
}

/// The finding for a function that is not there.
pub fn function_not_found(desired: &Desired) -> Finding {
    let text = format!(
        "function {} does not exist in {} (account {})",
        desired.function, desired.site.region, desired.site.account
    );
    Finding::new(Link::Alias, Ends::ByDelivery, Reason::FunctionNotFound, text)
}

/// The highest published number; numbers are never used again, so the highest is the newest. Source: AWS-7.
pub fn highest(observed: &Observed) -> Option<u64> {
    observed.versions.as_ref()?.last_key_value().map(|(number, _)| *number)
}

/// The version that `$LATEST` was published as, if it was. AWS compares with the version published last only, so an older one
/// with the same code does not count. Source: AWS-2.
///
/// A forged memory can at most keep the alias on the version it already serves.
fn published(latest: &LatestCode, observed: &Observed, memory: &Memory) -> Option<u64> {
    let newest = match &observed.versions {
        Some(versions) => {
            let (number, code) = versions.last_key_value()?;
            if code.fingerprint == latest.fingerprint {
                return Some(*number);
            }
            Some(*number)
        }
        None => observed.alias.as_ref().and_then(|alias| alias.version),
    };
    let hint = memory
        .published
        .as_ref()
        .filter(|p| p.fingerprint == latest.fingerprint && Some(p.version) == newest);
    hint.map(|p| p.version)
}

fn publish(desired: &Desired, observed: &Observed, latest: &LatestCode) -> Choice {
    if observed.versions.is_none() {
        let text = format!("the versions of function {} were not read", desired.function);
        return Choice::Stay(Finding::new(Link::Alias, Ends::ByItself, Reason::Pending, text));
    }
    match &latest.state {
        CodeState::Pending(reason) => {
            let text = format!("an update of function {} is in progress{}", desired.function, said(reason));
            Choice::Stay(Finding::new(Link::Alias, Ends::ByItself, Reason::VersionNotActive, text))
        }
        CodeState::Failed(reason) => {
            let text = format!(
                "the last update of function {} failed{}: nothing is published until it is mended",
                desired.function,
                said(reason)
            );
            Choice::Stay(Finding::new(Link::Alias, Ends::ByPerson, Reason::VersionFailed, text))
        }
        CodeState::Missing => Choice::Stay(function_not_found(desired)),
        CodeState::Active => Choice::Publish(PlannedStep {
            step: Step::PublishVersion {
                code_sha256: latest.code_sha256.clone(),
                revision_id: latest.revision_id.clone(),
                fingerprint: latest.fingerprint.clone(),
            },
            why: match highest(observed) {
                Some(number) => format!("code or configuration of {} changed since version {number}", desired.function),
                None => format!("{} has no published version", desired.function),
            },
        }),
    }
}

fn said(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// Whether the alias can be put on a version: it exists, is active and was not rejected.
fn servable(desired: &Desired, observed: &Observed, memory: &Memory, number: u64) -> Choice {
    let stay = |ends, reason, text: String| Choice::Stay(Finding::new(Link::Alias, ends, reason, text));
    let alias = observed.alias.as_ref();
    if alias.is_some_and(|a| a.version == Some(number)) {
        return Choice::Serve(number);
    }
    let code = code_of(observed, memory, number);
    if let Some(rejected) = memory.has_rejected(number, code, &desired.attempt) {
        return Choice::Stay(rejected_finding(desired, observed, number, &rejected.reason));
    }
    let function = &desired.function;
    match observed.version_states.get(&number) {
        Some(CodeState::Active) => Choice::Serve(number),
        Some(CodeState::Pending(reason)) => {
            let text = format!("version {number} of {function} is not active yet{}", said(reason));
            stay(Ends::ByItself, Reason::VersionNotActive, text)
        }
        Some(CodeState::Failed(reason)) => {
            let text = format!(
                "version {number} of {function} is in state Failed{}: the alias is not moved to it",
                said(reason)
            );
            stay(Ends::ByPerson, Reason::VersionFailed, text)
        }
        Some(CodeState::Missing) => {
            let text = format!("version {number} of {function} does not exist: publish it, or pin a version that exists");
            stay(Ends::ByDelivery, Reason::VersionNotFound, text)
        }
        None => stay(
            Ends::ByItself,
            Reason::Pending,
            format!("the state of version {number} of {function} was not read"),
        ),
    }
}

/// The code of a version, as far as it was observed.
pub fn code_of<'a>(observed: &'a Observed, memory: &Memory, number: u64) -> Option<&'a str> {
    let listed = observed
        .versions
        .as_ref()
        .and_then(|v| v.get(&number))
        .map(|v| v.code_sha256.as_str());
    let latest = observed.function.as_ref();
    let hinted = || {
        let hint = memory.published.as_ref().filter(|p| p.version == number);
        latest
            .filter(|l| hint.is_some_and(|p| p.fingerprint == l.fingerprint))
            .map(|l| l.code_sha256.as_str())
    };
    listed.or_else(hinted)
}

fn rejected_finding(desired: &Desired, observed: &Observed, number: u64, reason: &str) -> Finding {
    let serving = observed
        .alias
        .as_ref()
        .and_then(|a| a.version)
        .map_or_else(|| "$LATEST".into(), |v| v.to_string());
    let cause = if reason == super::routing::ROLLOUT_TIMED_OUT {
        format!("did not become warm within {} s", desired.rollout_timeout.as_secs())
    } else {
        format!("cannot initialise ({reason})")
    };
    let text = format!(
        "version {number} of {} {cause} and was rolled back; version {serving} serves. Look into log group /aws/lambda/{} for version \
         {number}; it is tried again when the code, spec.version or spec.rollout changes, or when you annotate the endpoint with warmlambda.dev/retry-requested-at",
        desired.function, desired.function
    );
    let reason = if reason == super::routing::ROLLOUT_TIMED_OUT {
        Reason::RolloutTimedOut
    } else {
        Reason::AllocationFailed
    };
    Finding::new(Link::Alias, Ends::ByPerson, reason, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{desired, quiet};
    use crate::plan::memory::{Published, Rejected};
    use crate::plan::routing::ROLLOUT_TIMED_OUT;

    /// That this version was published last, of this code.
    fn remembering(version: u64, fingerprint: &str) -> Memory {
        let published = Published {
            version,
            fingerprint: fingerprint.into(),
        };
        Memory {
            published: Some(published),
            ..Memory::default()
        }
    }

    /// The choice after code changed to what the last publication was noted to be of.
    fn noted(version: u64, fingerprint: &str, change: fn(&mut Observed)) -> Choice {
        let mut observed = quiet();
        observed.function.as_mut().unwrap().fingerprint = "forty-one".into();
        change(&mut observed);
        choose(&desired(), &observed, &remembering(version, fingerprint))
    }

    #[test]
    fn what_was_published_is_not_published_again_only_while_it_is_the_newest_and_the_code_is_the_same() {
        let as_it_is: fn(&mut Observed) = |_| {};
        assert_eq!(noted(40, "forty-one", as_it_is), Choice::Serve(40));
        assert!(
            matches!(noted(39, "forty-one", as_it_is), Choice::Publish(_)),
            "a newer one is there"
        );
        assert!(
            matches!(noted(40, "forty", as_it_is), Choice::Publish(_)),
            "the code is another one"
        );
        let unread: fn(&mut Observed) = |observed| observed.versions = None;
        assert_eq!(noted(40, "forty-one", unread), Choice::Serve(40), "the alias is on it");
        assert!(matches!(noted(39, "forty-one", unread), Choice::Stay(_)));
    }

    #[test]
    fn nothing_is_published_while_an_update_is_in_progress_or_failed_and_awss_reason_is_told() {
        for (state, reason, text) in [
            (
                CodeState::Pending("Creating".into()),
                Reason::VersionNotActive,
                "is in progress (Creating)",
            ),
            (CodeState::Pending(String::new()), Reason::VersionNotActive, "is in progress"),
            (
                CodeState::Failed("InvalidImage".into()),
                Reason::VersionFailed,
                "failed (InvalidImage): nothing",
            ),
        ] {
            let mut observed = quiet();
            let latest = observed.function.as_mut().unwrap();
            (latest.fingerprint, latest.state) = ("forty-one".into(), state);
            let Choice::Stay(finding) = choose(&desired(), &observed, &Memory::default()) else {
                panic!("something is done")
            };
            assert_eq!(finding.reason, reason);
            assert!(
                finding.message.contains(text) && !finding.message.contains("()"),
                "{}",
                finding.message
            );
        }
    }

    #[test]
    fn a_version_that_was_rolled_back_is_told_with_what_became_of_it() {
        for (cause, reason, text) in [
            (
                ROLLOUT_TIMED_OUT,
                Reason::RolloutTimedOut,
                "version 40 of fir-api did not become warm within",
            ),
            (
                "FUNCTION_ERROR_INIT_FAILURE",
                Reason::AllocationFailed,
                "version 40 of fir-api cannot initialise (FUNCTION_ERROR_INIT_FAILURE) and was rolled back; version 39 serves",
            ),
        ] {
            let mut observed = quiet();
            observed.alias.as_mut().unwrap().version = Some(39);
            let rejected = Rejected {
                code_sha256: "sha-forty".into(),
                reason: cause.into(),
                attempt: desired().attempt,
            };
            let memory = Memory {
                rejected: [(40, rejected)].into(),
                ..Memory::default()
            };
            let Choice::Stay(finding) = choose(&desired(), &observed, &memory) else {
                panic!("it is served again")
            };
            assert_eq!(finding.reason, reason);
            assert!(finding.message.contains(text), "{}", finding.message);
        }
    }

    #[test]
    fn the_code_of_a_version_that_is_not_listed_is_what_was_published_as_it() {
        let noted = |version, fingerprint: &str| {
            let mut observed = quiet();
            observed.versions = None;
            code_of(&observed, &remembering(version, fingerprint), 40).map(str::to_owned)
        };
        assert_eq!(noted(40, "forty").as_deref(), Some("sha-forty"));
        assert_eq!(noted(39, "forty"), None);
        assert_eq!(noted(40, "another"), None);
        assert_eq!(code_of(&quiet(), &Memory::default(), 39), Some("sha-thirty-nine"));
    }
}
