//! What goes when the object is deleted: nothing that is not ours, and nothing from under traffic.

use super::alias::mark;
use super::bypass;
use super::callers::{self, Caller};
use super::desired::Desired;
use super::event_source::calls_alias;
use super::http_integrations;
use super::observed::Observed;
use super::policy::statement_prefix;
use super::step::{PlannedStep, Step};
use crate::api::{DeletionPolicy, ManagementPolicy, Reason};

/// What is due before the finalizer may go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cleanup {
    /// Writes, in their order. Once they are done the chain is observed again.
    pub steps: Vec<PlannedStep>,
    /// What still calls the alias and so holds the cleanup back, as ARNs or API paths; empty when nothing does.
    pub in_use_by: Vec<String>,
    /// What has to end first, by itself; `None` when nothing.
    pub waiting: Option<(Reason, String)>,
}

impl Cleanup {
    /// Whether a fresh observation shows that nothing is left to do, so that the finalizer may go.
    pub fn is_done(&self) -> bool {
        self.steps.is_empty() && self.in_use_by.is_empty() && self.waiting.is_none()
    }
}

/// Decides what is due, by the deletion policy.
pub fn cleanup(desired: &Desired, observed: &Observed) -> Cleanup {
    let mut cleanup = Cleanup::default();
    if desired.management == ManagementPolicy::Observe || observed.function.is_none() || observed.alias.is_none() {
        return cleanup;
    }
    match desired.deletion {
        DeletionPolicy::Retain => {}
        DeletionPolicy::ReleaseCapacity => release_capacity(desired, observed, &mut cleanup),
        DeletionPolicy::Delete => delete(desired, observed, &mut cleanup),
    }
    cleanup
}

/// Gives warm capacity up that was ours: not one that the spec left to others, nor one that an autoscaler sets. Source: AWS-59.
fn release_capacity(desired: &Desired, observed: &Observed, cleanup: &mut Cleanup) {
    let ours = desired.capacity.is_some() && observed.scaling.is_none();
    if !ours || observed.capacity.is_none() {
        return;
    }
    if observed.alias.as_ref().is_some_and(|a| !a.weights.is_empty()) {
        // AWS refuses to delete the capacity of an alias with weights (AWS-30).
        let text = format!(
            "alias {} has weights; its warm capacity is given up once they are gone",
            desired.alias_arn()
        );
        cleanup.waiting = Some((Reason::Progressing, text));
        return;
    }
    let why = "the object is deleted, and warm capacity costs money".into();
    cleanup.steps.push(PlannedStep {
        step: Step::DeleteCapacity,
        why,
    });
}

fn delete(desired: &Desired, observed: &Observed, cleanup: &mut Cleanup) {
    let made_by_us = observed.alias.as_ref().is_some_and(|a| a.description == mark(desired));
    let callers = callers::of_alias(desired, observed);
    cleanup.in_use_by = callers.iter().map(Caller::describe).collect();
    cleanup.in_use_by.dedup();
    let mappings = observed
        .mappings
        .iter()
        .flatten()
        .filter(|(_, mapping)| calls_alias(desired, mapping));
    cleanup.in_use_by.extend(mappings.map(|(uuid, _)| desired.site.mapping_arn(uuid)));
    if let Some(bypass) = &observed.bypass {
        cleanup.in_use_by.extend(bypass::of_alias(desired, bypass));
    }
    let prefix = statement_prefix(&desired.uid);
    let (ours, foreign): (Vec<_>, Vec<_>) = observed
        .policy
        .iter()
        .flat_map(|p| &p.statements)
        .partition(|statement| statement.id.starts_with(&prefix));
    if made_by_us {
        // The policy would go with the alias, and with it what somebody else granted (AWS-20).
        cleanup
            .in_use_by
            .extend(foreign.iter().map(|s| format!("statement {} on {}", s.id, desired.alias_arn())));
        if observed.scaling.is_some() {
            cleanup
                .in_use_by
                .push(format!("scalable target function:{}:{}", desired.function, desired.alias));
        }
    }
    if !cleanup.in_use_by.is_empty() {
        return;
    }
    release_capacity(desired, observed, cleanup);
    give_up_integrations(desired, observed, cleanup);
    if !cleanup.is_done() {
        return;
    }
    if let (Some(statement), Some(policy)) = (ours.first(), &observed.policy) {
        let step = Step::RemovePermission {
            statement_id: statement.id.clone(),
            revision_id: policy.revision_id.clone(),
        };
        cleanup.steps.push(PlannedStep {
            step,
            why: "the object is deleted, and nothing calls the alias any more".into(),
        });
    } else if made_by_us {
        let why = "the object is deleted, the operator made the alias, and nothing calls it any more".into();
        cleanup.steps.push(PlannedStep {
            step: Step::DeleteAlias,
            why,
        });
    }
}

/// Deletes integrations that were made for a route which never got them.
fn give_up_integrations(desired: &Desired, observed: &Observed, cleanup: &mut Cleanup) {
    let unused = http_integrations::unused(desired, observed).map(|(api_id, integration_id)| PlannedStep {
        step: Step::DeleteHttpIntegration {
            api_id: api_id.into(),
            integration_id: integration_id.into(),
        },
        why: "the object is deleted, the operator made the integration, and no route uses it".into(),
    });
    cleanup.steps.extend(unused);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use serde_json::json;

    use crate::plan::fixtures::{HTTP_API, ORDERS, desired, desired_http, http_integration, mapped, orders, quiet, quiet_http, statement};
    use crate::plan::observed::{Bypass, FunctionUrl, HttpIntegration, ScalingBounds};

    #[test]
    fn an_alias_that_a_function_url_calls_is_not_taken_away() {
        let desired = Desired {
            deletion: DeletionPolicy::Delete,
            ..desired()
        };
        let url = |qualifier: &str| FunctionUrl {
            qualifier: Some(qualifier.into()),
            url: "https://abc/".into(),
        };
        let with = |bypass: Bypass| Observed {
            rest_apis: BTreeMap::new(),
            bypass: Some(bypass),
            ..quiet()
        };
        let of = |qualifier: &str| Bypass {
            urls: vec![url(qualifier)],
            ..Bypass::default()
        };
        assert_eq!(
            cleanup(&desired, &with(of("live"))).in_use_by,
            ["function URL https://abc/ of fir-api:live"]
        );
        assert!(cleanup(&desired, &with(of("blue"))).in_use_by.is_empty());
        let unknown = Bypass {
            denied: vec!["lambda:ListFunctionUrlConfigs".into()],
            ..Bypass::default()
        };
        assert_eq!(
            cleanup(&desired, &with(unknown)).in_use_by.len(),
            1,
            "what cannot be read may be in use"
        );
    }

    #[test]
    fn an_integration_that_was_made_and_never_used_goes_and_no_other_one() {
        let desired = Desired {
            deletion: DeletionPolicy::Delete,
            capacity: None,
            ..desired_http(json!({}))
        };
        let mut observed = quiet_http(&desired.function_arn());
        observed.policy = None;
        let api = observed.http_apis.get_mut(HTTP_API).unwrap();
        let made = |description: String| HttpIntegration {
            description,
            ..http_integration(&desired.alias_arn())
        };
        api.integrations.get_mut("int1").unwrap().description = mark(&desired);
        api.integrations.insert("int2".into(), made(mark(&desired)));
        api.integrations.insert("int3".into(), made(format!("{}0", mark(&desired))));
        api.integrations.insert("int4".into(), made(String::new()));
        let due: Vec<_> = cleanup(&desired, &observed).steps.into_iter().map(|planned| planned.step).collect();
        let step = Step::DeleteHttpIntegration {
            api_id: HTTP_API.into(),
            integration_id: "int2".into(),
        };
        assert_eq!(due, [step]);
    }

    #[test]
    fn an_alias_that_a_mapping_calls_is_not_taken_away() {
        let desired = Desired {
            deletion: DeletionPolicy::Delete,
            ..orders()
        };
        let mut observed = mapped(":live");
        let cleanup_now = cleanup(&desired, &observed);
        assert_eq!(
            cleanup_now.in_use_by,
            [format!("arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:{ORDERS}")]
        );
        assert!(cleanup_now.steps.is_empty());
        observed.mappings = mapped(":39").mappings;
        assert!(cleanup(&desired, &observed).in_use_by.is_empty());
    }

    fn by(deletion: DeletionPolicy) -> Desired {
        Desired { deletion, ..desired() }
    }

    fn steps(desired: &Desired, observed: &Observed) -> Vec<Step> {
        cleanup(desired, observed).steps.into_iter().map(|planned| planned.step).collect()
    }

    /// A chain that nothing calls, behind an alias that the operator made.
    fn uncalled() -> Observed {
        let mut observed = quiet();
        observed.rest_apis.clear();
        observed.alias.as_mut().unwrap().description = mark(&desired());
        observed
    }

    #[test]
    fn warm_capacity_goes_when_it_was_ours() {
        let release = by(DeletionPolicy::ReleaseCapacity);
        assert_eq!(steps(&release, &quiet()), [Step::DeleteCapacity]);
        let others = Desired {
            capacity: None,
            ..release.clone()
        };
        assert!(cleanup(&others, &quiet()).is_done());
        let mut observed = quiet();
        observed.scaling = Some(ScalingBounds { min: 1, max: 2 });
        assert!(cleanup(&release, &observed).is_done());
        observed.scaling = None;
        observed.capacity = None;
        assert!(cleanup(&release, &observed).is_done());
    }

    #[test]
    fn nothing_goes_when_it_is_retained_or_only_observed_or_there_is_nothing() {
        assert!(cleanup(&by(DeletionPolicy::Retain), &quiet()).is_done());
        let watching = Desired {
            management: ManagementPolicy::Observe,
            ..by(DeletionPolicy::Delete)
        };
        assert!(cleanup(&watching, &uncalled()).is_done());
        for gone in [
            Observed {
                function: None,
                ..uncalled()
            },
            Observed { alias: None, ..uncalled() },
        ] {
            assert!(cleanup(&by(DeletionPolicy::Delete), &gone).is_done());
        }
    }

    #[test]
    fn warm_capacity_waits_for_weights_to_go() {
        let mut observed = quiet();
        observed.alias.as_mut().unwrap().weights = [(39, 1.0)].into();
        let waiting = cleanup(&by(DeletionPolicy::ReleaseCapacity), &observed);
        assert!(waiting.steps.is_empty() && waiting.waiting.is_some());
        assert!(!waiting.is_done(), "the object stays");
    }

    #[test]
    fn capacity_goes_first_then_our_statement_then_the_alias_that_we_made() {
        let delete = by(DeletionPolicy::Delete);
        let mut observed = uncalled();
        assert_eq!(steps(&delete, &observed), [Step::DeleteCapacity]);
        observed.capacity = None;
        assert!(matches!(steps(&delete, &observed)[..], [Step::RemovePermission { .. }]));
        observed.policy = None;
        assert_eq!(steps(&delete, &observed), [Step::DeleteAlias]);
        observed.alias.as_mut().unwrap().description = "somebody's".into();
        assert!(cleanup(&delete, &observed).is_done(), "an alias that was taken over stays");
    }

    #[test]
    fn an_alias_that_we_made_stays_while_others_granted_something_or_scale_it() {
        let delete = by(DeletionPolicy::Delete);
        let mut observed = Observed {
            capacity: None,
            policy: None,
            ..uncalled()
        };
        observed.scaling = Some(ScalingBounds { min: 1, max: 2 });
        assert_eq!(cleanup(&delete, &observed).in_use_by, ["scalable target function:fir-api:live"]);
        observed.scaling = None;
        let foreign = statement(&delete, "theirs", "arn:aws:execute-api:eu-west-1:111122223333:zzz/*/*");
        observed.policy = quiet().policy;
        observed.policy.as_mut().unwrap().statements = vec![foreign];
        let held = cleanup(&delete, &observed);
        assert_eq!(held.in_use_by, [format!("statement theirs on {}", delete.alias_arn())]);
        assert!(!held.is_done() && held.steps.is_empty());
    }

    #[test]
    fn an_alias_that_a_deployed_method_calls_is_not_taken_away() {
        let held = cleanup(&by(DeletionPolicy::Delete), &quiet());
        assert!(held.steps.is_empty());
        assert_eq!(held.in_use_by.len(), 1, "{:?}", held.in_use_by);
    }
}
