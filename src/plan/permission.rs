//! Who may call the alias: one statement per trigger, added before it is needed and taken away when nothing needs it.

use std::collections::BTreeSet;

use super::callers;
use super::desired::{Desired, DesiredRestApi};
use super::finding::{Ends, Finding, Link};
use super::observed::{AliasPolicy, Observed};
use super::policy::{self, Statement, covers, statement_id, statement_prefix};
use super::rest_api::methods_of;
use super::step::{PlannedStep, Step};
use super::steps::Plan;
use crate::api::{PermissionScope, Reason};

/// Largest policy that AWS takes, in bytes. Source: AWS-41.
pub const POLICY_LIMIT: usize = 20_480;

/// Adds what is due on the policy of the alias: at most one write, because each moves the revision that guards the next.
pub fn plan(desired: &Desired, observed: &Observed, plan: &mut Plan) {
    let alias_there = observed.alias.is_some() || plan.steps.iter().any(|s| matches!(s.step, Step::CreateAlias { .. }));
    if !alias_there {
        return;
    }
    let none = AliasPolicy::default();
    let policy = observed.policy.as_ref().unwrap_or(&none);
    let arn = desired.alias_arn();
    if let Some(denying) = policy
        .statements
        .iter()
        .find(|s| s.denies_api_gateway(&arn))
        .filter(|_| !desired.rest_apis.is_empty())
    {
        let text = format!(
            "statement {} on alias {arn} denies API Gateway: take it away, it is not ours",
            denying.id
        );
        plan.findings
            .push(Finding::new(Link::Permission, Ends::ByPerson, Reason::AccessDenied, text));
        return;
    }
    let missing = desired
        .rest_apis
        .iter()
        .flat_map(|trigger| missing(desired, observed, trigger))
        .next();
    match missing {
        Some(source_arn) => add(desired, policy, source_arn, observed.policy.as_ref(), plan),
        None => remove_stale(desired, observed, policy, plan),
    }
}

fn add(desired: &Desired, policy: &AliasPolicy, source_arn: String, seen: Option<&AliasPolicy>, plan: &mut Plan) {
    let id = statement_id(desired, &source_arn);
    // What AWS makes of the statement: its fixed words, the id and both ARNs.
    let size = policy.size + 250 + id.len() + source_arn.len() + desired.alias_arn().len();
    if size > POLICY_LIMIT {
        let text = format!(
            "the policy of alias {} has {} bytes and would have {size} of at most {POLICY_LIMIT} with the statement for {source_arn}: take \
             statements away that nobody needs, or use permissionScope Api",
            desired.alias_arn(),
            policy.size
        );
        plan.findings
            .push(Finding::new(Link::Permission, Ends::ByPerson, Reason::PolicyTooLarge, text));
        return;
    }
    plan.steps.push(PlannedStep {
        why: format!("nothing lets {source_arn} call alias {}", desired.alias),
        step: Step::AddPermission {
            statement_id: id,
            source_arn,
            revision_id: seen.map(|p| p.revision_id.clone()),
        },
    });
}

fn remove_stale(desired: &Desired, observed: &Observed, policy: &AliasPolicy, plan: &mut Plan) {
    let mut removable = stale(desired, observed)
        .into_iter()
        .filter(|s| still_used_by(desired, observed, s).is_empty());
    if let Some(statement) = removable.next() {
        plan.steps.push(PlannedStep {
            step: Step::RemovePermission {
                statement_id: statement.id.clone(),
                revision_id: policy.revision_id.clone(),
            },
            why: "no trigger of the spec needs it, and nothing that it lets in calls the alias".into(),
        });
    }
}

/// The source ARNs that a trigger needs to be let in with; none for methods that are called with a role. Source: AWS-51.
pub fn required(desired: &Desired, observed: &Observed, trigger: &DesiredRestApi) -> BTreeSet<String> {
    let api = observed.rest_apis.get(&trigger.api_id);
    let methods = api.map(|api| methods_of(desired, trigger, api)).unwrap_or_default();
    let without_role = methods
        .iter()
        .filter(|(_, m)| m.integration.as_ref().is_none_or(|i| i.credentials.is_none()));
    let pattern = |stage_pattern: String| desired.site.execution_arn(&trigger.api_id, &stage_pattern);
    without_role
        .map(|(method, _)| match trigger.scope {
            PermissionScope::Api => pattern("*/*".into()),
            PermissionScope::Stage => pattern(format!("{}/*", trigger.stage)),
            PermissionScope::Method => pattern(callers::method_pattern(&trigger.stage, method)),
        })
        .collect()
}

/// The source ARNs of a trigger that no statement lets in.
pub fn missing(desired: &Desired, observed: &Observed, trigger: &DesiredRestApi) -> Vec<String> {
    required(desired, observed, trigger)
        .into_iter()
        .filter(|arn| granting(desired, observed, arn).is_none())
        .collect()
}

/// The first statement that lets a source ARN call the alias. A foreign one is as good as ours, however wide; one of ours counts
/// only while a trigger asks for just that, so that a narrower scope in the spec narrows what we granted.
pub fn granting<'a>(desired: &Desired, observed: &'a Observed, source_arn: &str) -> Option<&'a Statement> {
    let alias = desired.alias_arn();
    let (prefix, exact) = (statement_prefix(&desired.uid), statement_id(desired, source_arn));
    let asked: BTreeSet<_> = desired
        .rest_apis
        .iter()
        .flat_map(|trigger| required(desired, observed, trigger))
        .map(|arn| statement_id(desired, &arn))
        .collect();
    let counts = |s: &&Statement| asked.contains(&s.id) || !s.id.starts_with(&prefix);
    let grants = |s: &&Statement| {
        s.grants_api_gateway(&alias)
            .is_some_and(|patterns| patterns.iter().any(|p| covers(p, source_arn)))
    };
    let mut granting: Vec<_> = observed.policy.as_ref()?.statements.iter().filter(counts).filter(grants).collect();
    granting.sort_by_key(|s| s.id != exact);
    granting.first().copied()
}

/// Statements with our id that the spec does not ask for (any more).
pub fn stale<'a>(desired: &Desired, observed: &'a Observed) -> Vec<&'a Statement> {
    let needed: BTreeSet<_> = desired
        .rest_apis
        .iter()
        .flat_map(|trigger| required(desired, observed, trigger))
        .filter_map(|arn| granting(desired, observed, &arn))
        .map(|statement| statement.id.as_str())
        .collect();
    let prefix = statement_prefix(&desired.uid);
    let ours = observed
        .policy
        .iter()
        .flat_map(|p| &p.statements)
        .filter(|s| s.id.starts_with(&prefix));
    ours.filter(|s| !needed.contains(s.id.as_str())).collect()
}

/// Who would be locked out if a statement of ours went: callers of the alias that it lets in and no other statement does.
pub fn still_used_by(desired: &Desired, observed: &Observed, statement: &Statement) -> Vec<callers::Caller> {
    let alias = desired.alias_arn();
    let Some(patterns) = statement.grants_api_gateway(&alias) else {
        return Vec::new();
    };
    let others = || observed.policy.iter().flat_map(|p| &p.statements).filter(|s| s.id != statement.id);
    let covered = |arn: &str| {
        let grants = |s: &Statement| s.grants_api_gateway(&alias).is_some_and(|list| list.iter().any(|p| covers(p, arn)));
        others().any(grants)
    };
    let apis: BTreeSet<_> = patterns.iter().filter_map(|p| policy::api_id_in(p)).collect();
    let calling = observed.rest_apis.iter().filter(|(id, _)| apis.contains(id.as_str()));
    let used = calling.flat_map(|(id, api)| callers::of_alias(desired, id, api));
    used.filter(|caller| {
        caller
            .source_arn(desired)
            .is_none_or(|arn| !covered(&arn) && patterns.iter().any(|p| covers(p, &arn)))
    })
    .collect()
}

/// APIs whose every stage has to be read, because a statement of ours for them may have to go.
pub fn apis_to_read_whole(desired: &Desired, policy: Option<&AliasPolicy>) -> BTreeSet<String> {
    let prefix = statement_prefix(&desired.uid);
    let alias = desired.alias_arn();
    let ours = policy.into_iter().flat_map(|p| &p.statements).filter(|s| s.id.starts_with(&prefix));
    let expected = |statement: &Statement, pattern: &str| {
        let trigger = desired
            .rest_apis
            .iter()
            .find(|t| policy::api_id_in(pattern) == Some(t.api_id.as_str()));
        let wide = trigger.map(|t| match t.scope {
            PermissionScope::Api => desired.site.execution_arn(&t.api_id, "*/*"),
            PermissionScope::Stage => desired.site.execution_arn(&t.api_id, &format!("{}/*", t.stage)),
            PermissionScope::Method => pattern.to_owned(),
        });
        wide.is_some_and(|arn| statement.id == statement_id(desired, &arn))
    };
    ours.flat_map(|s| {
        let patterns = s.grants_api_gateway(&alias).unwrap_or_default();
        let unexpected = patterns
            .into_iter()
            .filter(|p| !expected(s, p))
            .filter_map(policy::api_id_in)
            .map(str::to_owned);
        unexpected.collect::<Vec<_>>()
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{API, calls, desired, planned, quiet, statement};

    #[test]
    fn a_foreign_statement_that_grants_the_same_is_enough() {
        let (desired, mut observed) = (desired(), quiet());
        let foreign = statement(&desired, "terraform", &desired.site.execution_arn(API, "*"));
        observed.policy.as_mut().unwrap().statements = vec![foreign];
        assert_eq!(planned(&desired, &observed), Plan::default());
    }

    #[test]
    fn a_narrower_scope_adds_first_and_removes_afterwards() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.rest_apis[0].scope = PermissionScope::Stage;
        let narrow = desired.site.execution_arn(API, "prod/*");
        let added = format!(
            "lambda:AddPermission fir-api:live StatementId={} Principal=apigateway.amazonaws.com SourceArn={narrow}",
            statement_id(&desired, &narrow)
        );
        assert_eq!(calls(&desired, &observed), [added]);
        let added = statement(&desired, &statement_id(&desired, &narrow), &narrow);
        observed.policy.as_mut().unwrap().statements.push(added);
        let wide = observed.policy.as_ref().unwrap().statements[0].id.clone();
        assert_eq!(
            calls(&desired, &observed),
            [format!("lambda:RemovePermission fir-api:live StatementId={wide}")]
        );
    }

    #[test]
    fn a_statement_that_an_observed_caller_needs_stays() {
        let (mut desired, observed) = (desired(), quiet());
        desired.rest_apis.clear();
        assert!(planned(&desired, &observed).steps.is_empty());
        let kept = &stale(&desired, &observed)[0];
        assert_eq!(
            still_used_by(&desired, &observed, kept)[0].describe(),
            "REST API a1b2c3d4e5/prod GET /reviews"
        );
    }

    #[test]
    fn a_statement_that_nobody_needs_goes() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.rest_apis.clear();
        observed.rest_apis.get_mut(API).unwrap().methods = None;
        let actions: Vec<_> = planned(&desired, &observed).steps.iter().map(|s| s.step.action()).collect();
        assert_eq!(actions, ["lambda:RemovePermission"]);
    }

    #[test]
    fn a_full_policy_is_reported_with_its_size() {
        let (desired, mut observed) = (desired(), quiet());
        let policy = observed.policy.as_mut().unwrap();
        policy.statements.clear();
        policy.size = 20_400;
        let plan = planned(&desired, &observed);
        assert!(plan.steps.is_empty());
        assert!(plan.findings[0].message.contains("20400 bytes"), "{}", plan.findings[0].message);
    }

    #[test]
    fn methods_that_are_called_with_a_role_need_no_permission() {
        let (desired, mut observed) = (desired(), quiet());
        observed.policy = None;
        let api = observed.rest_apis.get_mut(API).unwrap();
        let method = api.methods.as_mut().unwrap().values_mut().next().unwrap();
        method.integration.as_mut().unwrap().credentials = Some("arn:aws:iam::111122223333:role/caller".into());
        assert!(planned(&desired, &observed).is_empty());
    }
}
