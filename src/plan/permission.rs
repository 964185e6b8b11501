//! Who may call the alias: one statement per trigger, added before it is needed and taken away when nothing needs it.

use std::collections::{BTreeMap, BTreeSet};

use super::callers::{self, Caller, Entrance};
use super::desired::Desired;
use super::finding::{Ends, Finding, Link};
use super::observed::{AliasPolicy, Observed};
use super::policy::{self, Sources, Statement, covers, statement_id, statement_prefix};
use super::step::{PlannedStep, Step};
use super::steps::Plan;
use super::{http_api, rest_api};
use crate::api::{PermissionScope, Reason};

/// Largest policy that AWS takes, in bytes. Source: AWS-41.
pub const POLICY_LIMIT: usize = 20_480;

/// Who has to be let in, and by which statements on the alias that is done.
#[derive(Debug)]
pub struct Required<'a> {
    /// What AWS shall be like.
    pub desired: &'a Desired,
    /// What AWS showed.
    pub observed: &'a Observed,
    /// The source ARNs that each trigger needs to be let in with, by its name.
    source_arns: BTreeMap<&'a str, BTreeSet<String>>,
    /// Ids that our statements for them have.
    ids: BTreeSet<String>,
}

impl<'a> Required<'a> {
    /// Finds out for all triggers. Methods and routes that are called with a role need none. Source: AWS-51.
    pub fn of(desired: &'a Desired, observed: &'a Observed) -> Self {
        let arn = |api_id: &str, stage: &str, scope: PermissionScope, entrance: &Entrance| {
            desired.site.execution_arn(api_id, &scope_pattern(scope, stage, entrance))
        };
        let rest = desired.rest_apis.iter().map(|t| {
            let entrances = rest_api::without_role(desired, observed, t).into_iter();
            let arns: BTreeSet<_> = entrances.map(|entrance| arn(&t.api_id, &t.stage, t.scope, &entrance)).collect();
            (t.trigger.as_str(), arns)
        });
        let http = desired.http_apis.iter().map(|t| {
            let entrances = http_api::without_role(desired, observed, t).into_iter();
            let arns = entrances
                .map(|(stage, entrance)| arn(&t.api_id, &stage, t.scope, &entrance))
                .collect();
            (t.trigger.as_str(), arns)
        });
        let source_arns: BTreeMap<_, _> = rest.chain(http).collect();
        let ids = source_arns.values().flatten().map(|arn| statement_id(desired, arn)).collect();
        Self {
            desired,
            observed,
            source_arns,
            ids,
        }
    }

    /// The source ARNs of all triggers.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.source_arns.values().flatten().map(String::as_str)
    }

    /// The source ARNs of a trigger that no statement lets in.
    pub fn missing(&self, trigger: &str) -> Vec<&str> {
        self.of_trigger(trigger).filter(|arn| self.granting(arn).is_none()).collect()
    }

    /// The statements that let a trigger in.
    pub fn statements(&self, trigger: &str) -> Vec<&'a Statement> {
        self.of_trigger(trigger).filter_map(|arn| self.granting(arn)).collect()
    }

    fn of_trigger(&self, trigger: &str) -> impl Iterator<Item = &str> {
        self.source_arns.get(trigger).into_iter().flatten().map(String::as_str)
    }

    fn policy(&self) -> &'a [Statement] {
        self.observed.policy.as_ref().map_or(&[], |policy| policy.statements.as_slice())
    }

    fn is_ours(&self, statement: &Statement) -> bool {
        statement.id.starts_with(&statement_prefix(&self.desired.uid))
    }

    /// The first statement that lets a source ARN call the alias. A foreign one is as good as ours, however wide; one of ours counts
    /// only while a trigger asks for just that, so that a narrower scope in the spec narrows what we granted.
    pub fn granting(&self, source_arn: &str) -> Option<&'a Statement> {
        let (alias, exact) = (self.desired.alias_arn(), statement_id(self.desired, source_arn));
        let counts = |s: &&Statement| self.ids.contains(&s.id) || !self.is_ours(s);
        let mut granting: Vec<_> = self
            .policy()
            .iter()
            .filter(counts)
            .filter(|s| grants(s, &alias, source_arn))
            .collect();
        granting.sort_by_key(|s| s.id != exact);
        granting.first().copied()
    }

    /// Statements with our id that the spec does not ask for (any more).
    pub fn stale(&self) -> Vec<&'a Statement> {
        let needed: BTreeSet<_> = self.all().filter_map(|arn| self.granting(arn)).map(|s| s.id.as_str()).collect();
        let stale = |s: &&Statement| self.is_ours(s) && !needed.contains(s.id.as_str());
        self.policy().iter().filter(stale).collect()
    }

    /// Who would be locked out if a statement of ours went: callers of the alias that it lets in and no other statement does.
    pub fn users(&self, statement: &Statement) -> Vec<Caller> {
        let alias = self.desired.alias_arn();
        let pattern = self.written_for(statement);
        let api = pattern.and_then(policy::api_id_in);
        let others = || self.policy().iter().filter(|s| s.id != statement.id);
        let needs = |arn: &str| pattern.is_none_or(|p| covers(p, arn)) && !others().any(|s| grants(s, &alias, arn));
        let calling = callers::of_alias(self.desired, self.observed).into_iter();
        calling
            .filter(|caller| !caller.has_role && api.is_none_or(|api| caller.api_id == api))
            .filter(|caller| caller.source_arn(self.desired).is_none_or(|arn| needs(&arn)))
            .collect()
    }

    /// Whether a trigger of the spec names the API of a statement, and AWS does not show the API or the stage: it may be back in a
    /// moment, and then it shall not be locked out.
    pub fn is_awaited(&self, statement: &'a Statement) -> bool {
        let Some(id) = self.written_for(statement).and_then(policy::api_id_in) else {
            return false;
        };
        let rest = |stage: &str| self.observed.rest_apis.get(id).is_some_and(|api| api.shows(stage));
        let http = |stage: &str| self.observed.http_apis.get(id).is_some_and(|api| api.shows(stage));
        self.desired.rest_apis.iter().any(|t| t.api_id == id && !rest(&t.stage))
            || self.desired.http_apis.iter().any(|t| t.api_id == id && !http(&t.stage))
    }

    /// The source ARN of a statement that says just what we write under its id. `None` for one that somebody else made under an id like
    /// ours: it may let in anybody.
    fn written_for(&self, statement: &'a Statement) -> Option<&'a str> {
        let sources = statement.grants_api_gateway(&self.desired.alias_arn())?;
        let [pattern] = *sources.patterns() else {
            return None;
        };
        (statement.id == statement_id(self.desired, pattern)).then_some(pattern)
    }
}

/// Stage, method and path of the source ARNs that a trigger is let in with.
fn scope_pattern(scope: PermissionScope, stage: &str, entrance: &Entrance) -> String {
    match scope {
        PermissionScope::Api => "*/*".into(),
        PermissionScope::Stage => format!("{stage}/*"),
        PermissionScope::Method => format!("{stage}/{}", entrance.pattern()),
    }
}

fn grants(statement: &Statement, alias_arn: &str, source_arn: &str) -> bool {
    statement
        .grants_api_gateway(alias_arn)
        .is_some_and(|sources| sources.cover(source_arn))
}

/// Adds what is due on the policy of the alias: at most one write, because each moves the revision that guards the next.
pub fn plan(required: &Required, plan: &mut Plan) {
    let (desired, observed) = (required.desired, required.observed);
    let alias_there = observed.alias.is_some() || plan.steps.iter().any(|s| matches!(s.step, Step::CreateAlias { .. }));
    if !alias_there {
        return;
    }
    let none = AliasPolicy::default();
    let policy = observed.policy.as_ref().unwrap_or(&none);
    let arn = desired.alias_arn();
    let called_by_apis = !desired.rest_apis.is_empty() || !desired.http_apis.is_empty();
    let mut denying = policy.statements.iter().filter(|s| called_by_apis && s.denies_api_gateway(&arn));
    if let Some(denying) = denying.next() {
        let text = format!(
            "statement {} on alias {arn} denies API Gateway: take it away, it is not ours",
            denying.id
        );
        plan.findings
            .push(Finding::new(Link::Permission, Ends::ByPerson, Reason::AccessDenied, text));
        return;
    }
    // In the order of the spec.
    let mut missing = desired.triggers.iter().flat_map(|trigger| required.missing(trigger));
    match missing.next() {
        Some(source_arn) => add(desired, policy, source_arn.to_owned(), observed.policy.as_ref(), plan),
        None => remove_stale(required, policy, plan),
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

fn remove_stale(required: &Required, policy: &AliasPolicy, plan: &mut Plan) {
    let stale = required.stale().into_iter();
    let mut removable = stale.filter(|s| required.users(s).is_empty() && !required.is_awaited(s));
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

/// APIs to be read with every stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadWhole {
    /// Ids of REST APIs.
    pub rest: BTreeSet<String>,
    /// Ids of HTTP APIs.
    pub http: BTreeSet<String>,
    /// Ids of which it is not known what kind of API they are: source ARNs of both look alike. Source: AWS-108.
    pub either: BTreeSet<String>,
}

/// APIs whose every stage has to be read, because a statement of ours for them may have to go.
pub fn apis_to_read_whole(desired: &Desired, policy: Option<&AliasPolicy>) -> ReadWhole {
    let prefix = statement_prefix(&desired.uid);
    let alias = desired.alias_arn();
    let ours = policy.into_iter().flat_map(|p| &p.statements).filter(|s| s.id.starts_with(&prefix));
    let rest = desired.rest_apis.iter().map(|t| (t.api_id.as_str(), t.stage.as_str(), t.scope));
    let http = desired.http_apis.iter().map(|t| (t.api_id.as_str(), t.stage.as_str(), t.scope));
    let triggers: Vec<_> = rest.chain(http).collect();
    let mut whole = ReadWhole::default();
    for statement in ours {
        let sources = statement.grants_api_gateway(&alias);
        for pattern in sources.iter().flat_map(Sources::patterns) {
            let Some(id) = policy::api_id_in(pattern) else { continue };
            let expected = triggers.iter().filter(|(api_id, ..)| *api_id == id).any(|(_, stage, scope)| {
                let arn = match scope {
                    PermissionScope::Api => desired.site.execution_arn(id, "*/*"),
                    PermissionScope::Stage => desired.site.execution_arn(id, &format!("{stage}/*")),
                    PermissionScope::Method => (*pattern).to_owned(),
                };
                statement.id == statement_id(desired, &arn)
            });
            if expected {
                continue;
            }
            let is_rest = desired.rest_apis.iter().any(|t| t.api_id == id);
            let is_http = desired.http_apis.iter().any(|t| t.api_id == id);
            let kind = match (is_rest, is_http) {
                (true, false) => &mut whole.rest,
                (false, true) => &mut whole.http,
                _ => &mut whole.either,
            };
            kind.insert(id.to_owned());
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::fixtures::{
        API, HTTP_API, actions, calls, desired, desired_http, mapped, orders, planned, quiet, quiet_http, statement,
    };
    use crate::plan::observed::HttpStage;

    #[test]
    fn a_foreign_statement_that_grants_the_same_is_enough() {
        let (desired, mut observed) = (desired(), quiet());
        let foreign = statement(&desired, "terraform", &desired.site.execution_arn(API, "*"));
        observed.policy.as_mut().unwrap().statements = vec![foreign];
        assert_eq!(planned(&desired, &observed), Plan::default());
    }

    #[test]
    fn a_statement_of_ours_that_a_foreign_one_makes_needless_stays_ours() {
        let (desired, mut observed) = (desired(), quiet());
        let foreign = statement(&desired, "terraform", &desired.site.execution_arn(API, "*"));
        observed.policy.as_mut().unwrap().statements.insert(0, foreign);
        assert_eq!(planned(&desired, &observed), Plan::default());
        let required = Required::of(&desired, &observed);
        let ids: Vec<_> = required.statements("public").iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, [required.ids.first().unwrap()]);
    }

    #[test]
    fn a_foreign_statement_that_grants_less_is_not_enough() {
        let (desired, mut observed) = (desired(), quiet());
        let foreign = statement(&desired, "terraform", &desired.site.execution_arn(API, "beta/*"));
        observed.policy.as_mut().unwrap().statements = vec![foreign];
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:AddPermission"]);
    }

    #[test]
    fn a_statement_that_denies_api_gateway_is_left_to_a_person_where_an_api_calls() {
        let denied = |desired: &Desired, mut observed: Observed| {
            let mut denying = statement(desired, "theirs", "*");
            denying.body["Effect"] = json!("Deny");
            observed.policy.get_or_insert_default().statements.push(denying);
            let plan = planned(desired, &observed);
            plan.findings.iter().any(|finding| finding.reason == Reason::AccessDenied)
        };
        let http = desired_http(json!({}));
        assert!(denied(&desired(), quiet()));
        assert!(denied(&http, quiet_http(&http.alias_arn())));
        assert!(!denied(&orders(), mapped(":live")));
    }

    #[test]
    fn apis_of_statements_that_may_have_to_go_are_read_whole() {
        let whole = |desired: &Desired, arn: &str| {
            let statements = vec![statement(desired, &statement_id(desired, arn), arn)];
            let policy = AliasPolicy {
                statements,
                ..AliasPolicy::default()
            };
            let ReadWhole { rest, http, either } = apis_to_read_whole(desired, Some(&policy));
            [rest, http, either].map(|ids| ids.into_iter().collect::<Vec<_>>())
        };
        let (rest, http) = (desired(), desired_http(json!({})));
        let arn = |id: &str, rest: &str| desired().site.execution_arn(id, rest);
        let [none, api, http_api] = [vec![], vec![API.to_owned()], vec![HTTP_API.to_owned()]];
        assert_eq!(
            whole(&rest, &arn(API, "*/*")),
            [none.clone(), none.clone(), none.clone()],
            "as asked"
        );
        assert_eq!(whole(&rest, &arn(API, "prod/*")), [api.clone(), none.clone(), none.clone()]);
        assert_eq!(whole(&http, &arn(HTTP_API, "prod/*")), [none.clone(), http_api, none.clone()]);
        assert_eq!(
            whole(&http, &arn(API, "*/*")),
            [none.clone(), none, api],
            "of which kind it is is not known"
        );
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
    fn a_statement_that_is_wider_than_asked_for_goes_although_its_api_is_there() {
        let mut desired = desired_http(json!({}));
        let mut observed = quiet_http(&desired.alias_arn());
        desired.http_apis[0].scope = PermissionScope::Stage;
        let narrow = desired.site.execution_arn(HTTP_API, "prod/*");
        let added = statement(&desired, &statement_id(&desired, &narrow), &narrow);
        observed.policy.as_mut().unwrap().statements.push(added);
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:RemovePermission"]);
    }

    #[test]
    fn a_statement_that_an_observed_caller_needs_stays() {
        let (mut desired, observed) = (desired(), quiet());
        desired.rest_apis.clear();
        assert!(planned(&desired, &observed).steps.is_empty());
        let required = Required::of(&desired, &observed);
        let kept = required.stale()[0];
        assert_eq!(required.users(kept)[0].describe(), "REST API a1b2c3d4e5/prod GET /reviews");
    }

    #[test]
    fn a_statement_that_nobody_needs_goes() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.rest_apis.clear();
        observed.rest_apis.get_mut(API).unwrap().methods = None;
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:RemovePermission"]);
    }

    #[test]
    fn a_statement_for_an_api_that_is_gone_goes_although_another_api_is_locked_out() {
        let (mut desired, mut observed) = (desired(), quiet());
        desired.rest_apis.clear();
        let gone = desired.site.execution_arn("gone", "*/*");
        let planned_with = |id: &str, observed: &mut Observed| {
            observed.policy.as_mut().unwrap().statements = vec![statement(&desired, id, &gone)];
            planned(&desired, observed).steps.len()
        };
        assert_eq!(planned_with(&statement_id(&desired, &gone), &mut observed), 1);
        let like_ours = format!("{}x", statement_prefix(&desired.uid));
        assert_eq!(
            planned_with(&like_ours, &mut observed),
            0,
            "what somebody else wrote may let in anybody"
        );
    }

    #[test]
    fn a_statement_for_an_api_that_is_not_found_waits_for_it() {
        type Change = fn(&mut Observed);
        let rest: [Change; 3] = [
            |o| o.rest_apis.clear(),
            |o| {
                let api = o.rest_apis.get_mut(API).unwrap();
                api.methods = None;
                api.stages.get_mut("prod").unwrap().deployed = None;
            },
            |o| o.rest_apis.get_mut(API).unwrap().stages.clear(),
        ];
        let http: [Change; 3] = [
            |o| o.http_apis.clear(),
            |o| {
                let api = o.http_apis.get_mut(HTTP_API).unwrap();
                api.routes = None;
                api.stages.get_mut("prod").unwrap().deployed = None;
            },
            |o| o.http_apis.get_mut(HTTP_API).unwrap().stages.clear(),
        ];
        let of_http = desired_http(json!({}));
        let rest = rest.into_iter().map(|change| (desired(), quiet(), change));
        let http = http
            .into_iter()
            .map(|change| (of_http.clone(), quiet_http(&of_http.alias_arn()), change));
        for (desired, mut observed, change) in rest.chain(http) {
            change(&mut observed);
            assert_eq!(calls(&desired, &observed), Vec::<String>::new());
        }
    }

    #[test]
    fn a_policy_is_filled_to_the_last_byte() {
        let (desired, mut observed) = (desired(), quiet());
        let arn = desired.site.execution_arn(API, "*/*");
        let added = 250 + statement_id(&desired, &arn).len() + arn.len() + desired.alias_arn().len();
        for (size, steps) in [(POLICY_LIMIT - added, 1), (POLICY_LIMIT - added + 1, 0)] {
            let policy = observed.policy.as_mut().unwrap();
            policy.statements.clear();
            policy.size = size;
            assert_eq!(planned(&desired, &observed).steps.len(), steps, "{size}");
        }
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
        let role = Some("arn:aws:iam::111122223333:role/caller".to_owned());
        method.integration.as_mut().unwrap().credentials = role.clone();
        let stage = api.stages.values_mut().next().unwrap();
        let deployed = stage.deployed.as_mut().unwrap().values_mut();
        deployed.for_each(|call| call.credentials = role.clone());
        assert!(planned(&desired, &observed).is_empty());
    }

    #[test]
    fn a_role_that_is_not_deployed_yet_does_not_hide_that_callers_need_the_permission() {
        let (desired, mut observed) = (desired(), quiet());
        observed.policy = None;
        let api = observed.rest_apis.get_mut(API).unwrap();
        let method = api.methods.as_mut().unwrap().values_mut().next().unwrap();
        method.integration.as_mut().unwrap().credentials = Some("arn:aws:iam::111122223333:role/caller".into());
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:AddPermission"]);
    }

    #[test]
    fn each_scope_lets_an_http_api_in_as_far_as_it_says() {
        let api = crate::plan::fixtures::HTTP_API;
        for (scope, patterns) in [
            ("Api", vec!["*/*"]),
            ("Stage", vec!["prod/*"]),
            ("Method", vec!["prod/$default", "prod/POST/reviews"]),
        ] {
            let desired = desired_http(json!({"permissionScope": scope}));
            let observed = quiet_http(&desired.alias_arn());
            let required = Required::of(&desired, &observed);
            let arns: Vec<_> = patterns.iter().map(|p| desired.site.execution_arn(api, p)).collect();
            assert_eq!(required.all().collect::<Vec<_>>(), arns, "{scope}");
        }
    }

    #[test]
    fn a_statement_that_a_route_still_needs_stays_when_the_trigger_leaves_the_spec() {
        let mut desired = desired_http(json!({}));
        let mut observed = quiet_http(&desired.alias_arn());
        desired.http_apis.clear();
        assert!(planned(&desired, &observed).steps.is_empty());
        let whole = apis_to_read_whole(&desired, observed.policy.as_ref());
        assert_eq!(whole.either, BTreeSet::from([crate::plan::fixtures::HTTP_API.to_owned()]));
        observed.http_apis.clear();
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:RemovePermission"]);
    }

    #[test]
    fn whoever_calls_with_a_role_keeps_no_statement() {
        let mut desired = desired_http(json!({}));
        let mut observed = quiet_http(&desired.alias_arn());
        desired.http_apis.clear();
        let api = observed.http_apis.values_mut().next().unwrap();
        let role = || Some("arn:aws:iam::111122223333:role/caller".to_owned());
        api.integrations.values_mut().for_each(|i| i.credentials = role());
        let deployed = api.stages.values_mut().flat_map(|s| s.deployed.iter_mut().flatten());
        deployed.for_each(|(_, call)| call.credentials = role());
        let actions = actions(&desired, &observed);
        assert_eq!(actions, ["lambda:RemovePermission"]);
    }

    #[test]
    fn routes_that_share_an_integration_are_let_in_too_and_stages_that_deploy_themselves() {
        let desired = desired_http(json!({"permissionScope": "Method", "routeKeys": ["POST /reviews"]}));
        let mut observed = quiet_http(&desired.function_arn());
        let stages = &mut observed.http_apis.values_mut().next().unwrap().stages;
        let other = stages["prod"].clone();
        let auto = HttpStage {
            auto_deploy: true,
            ..other.clone()
        };
        stages.extend([("auto".to_owned(), auto), ("other".to_owned(), other)]);
        let required = Required::of(&desired, &observed);
        let ends: Vec<_> = required.all().filter_map(|arn| arn.split_once('/')).map(|(_, end)| end).collect();
        assert_eq!(ends, ["auto/$default", "auto/POST/reviews", "prod/$default", "prod/POST/reviews"]);
    }
}
