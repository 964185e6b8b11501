//! Event source mappings: which of them hands the records of a source over, and what is due so that the alias gets them.
//!
//! A mapping is moved in place and never made anew: its UUID, its place in the stream and its settings stay. Source: AWS-82.

use std::collections::BTreeMap;

use super::desired::{Desired, DesiredEventSource, Source};
use super::due::Due;
use super::elder::{self, Elder};
use super::finding::{Ends, Finding, Link};
use super::mapping_findings as findings;
use super::observed::{Mapping, MappingState, Observed};
use super::step::{PlannedStep, Step};
use super::steps::Plan;
use crate::api::Reason;

/// A mapping with its UUID.
pub type Found<'a> = (&'a str, &'a Mapping);

/// What a person should know before a mapping is moved that was made with the starting position LATEST. Source: AWS-89.
const MAY_MISS: &str =
    "; it was made with starting position LATEST, and AWS warns that such a mapping can miss records while it is updated";

/// Adds what is due on the mappings. One is moved only to an alias that was observed to be warm; a permission it needs none.
pub fn plan(desired: &Desired, observed: &Observed, warm: bool, plan: &mut Plan) {
    for trigger in &desired.event_sources {
        let due = due(desired, observed, trigger);
        plan.findings.extend(due.findings);
        if !warm && !due.edits.is_empty() {
            let text = format!("{} is pointed at the alias once the alias is warm", trigger.source.name());
            plan.findings
                .push(Finding::new(Link::Trigger, Ends::ByEarlierLink, Reason::Waiting, text));
            continue;
        }
        for edit in due.edits {
            if !plan.steps.iter().any(|s| is_same_write(&s.step, &edit.step)) {
                plan.steps.push(edit);
            }
        }
    }
}

/// Two triggers may name one mapping, or one source that has none yet: that is one write.
fn is_same_write(one: &Step, other: &Step) -> bool {
    match (one, other) {
        (Step::CreateMapping { source: one, .. }, Step::CreateMapping { source: other, .. }) => one == other,
        _ => one == other,
    }
}

/// What is due for a trigger.
pub fn due(desired: &Desired, observed: &Observed, trigger: &DesiredEventSource) -> Due {
    let Some(mappings) = &observed.mappings else {
        return only(findings::unread());
    };
    if let Source::Uuid(uuid) = &trigger.source {
        match mappings.get(uuid) {
            None => return only(findings::no_such_mapping(desired, trigger, uuid)),
            Some(mapping) if !is_ours(desired, mapping) => return only(findings::foreign(desired, trigger, uuid, mapping)),
            Some(_) => {}
        }
    }
    let (going, staying): (Vec<_>, Vec<_>) = candidates(desired, mappings, trigger)
        .into_iter()
        .partition(|(_, mapping)| mapping.state.is("Deleting"));
    match (staying.as_slice(), going.first()) {
        ([], None) => missing(desired, trigger),
        ([], Some((uuid, mapping))) => only(findings::changing(uuid, mapping)),
        ([found], _) => match kept_by(desired, *found) {
            Some(elder) => only(elder::keeps(elder, &format!("event source mapping {}", found.0))),
            None => move_to_alias(desired, observed, *found),
        },
        (several, _) => only(findings::several(desired, trigger, several)),
    }
}

/// The older endpoint that keeps a mapping, because it is on its alias and that asks for it.
fn kept_by<'a>(desired: &'a Desired, (uuid, mapping): Found<'_>) -> Option<&'a Elder> {
    let elder = desired.elder_on(&mapping.function()?)?;
    elder.claims_mapping(uuid, mapping).then_some(elder)
}

/// The mappings of the trigger's source whose function is ours, whatever the qualifier. Disabled ones beside one that works are left
/// out: they hand no records over. Not so when one of them is on the alias and the one that works is not: AWS has one mapping for a
/// source and a function, so the other could not be moved there (AWS-85).
pub fn candidates<'a>(desired: &Desired, mappings: &'a BTreeMap<String, Mapping>, trigger: &DesiredEventSource) -> Vec<Found<'a>> {
    let named = match &trigger.source {
        Source::Uuid(uuid) => mappings.get(uuid),
        _ => None,
    };
    let reads_it = |mapping: &Mapping| match &trigger.source {
        Source::Uuid(_) => named.is_some_and(|named| named.reads_the_same(mapping)),
        source => source.is_read_by(mapping),
    };
    let ours = mappings.iter().filter(|(_, m)| is_ours(desired, m) && reads_it(m));
    let ours: Vec<_> = ours.map(|(uuid, mapping)| (uuid.as_str(), mapping)).collect();
    let working: Vec<_> = ours.iter().copied().filter(|(_, m)| m.state != MappingState::Disabled).collect();
    match working.as_slice() {
        [one] if calls_alias(desired, one.1) || !ours.iter().any(|(_, m)| calls_alias(desired, m)) => working,
        _ => ours,
    }
}

/// Whether of a trigger's candidates one is all there is, hands the records to the alias, and AWS is not at work on it: then there is
/// no need to look closer.
pub fn is_settled(desired: &Desired, candidates: &[Found<'_>]) -> bool {
    match candidates {
        [(_, mapping)] => calls_alias(desired, mapping) && !matches!(mapping.state, MappingState::Changing(_)),
        _ => false,
    }
}

/// Whether a mapping is of interest to the endpoint: it is on its function, or a trigger names it or its source.
pub fn concerns(desired: &Desired, uuid: &str, mapping: &Mapping) -> bool {
    let named = |trigger: &DesiredEventSource| match &trigger.source {
        Source::Uuid(named) => named == uuid,
        source => source.is_read_by(mapping),
    };
    is_ours(desired, mapping) || desired.event_sources.iter().any(named)
}

/// Whether a mapping hands its records to the alias.
pub fn calls_alias(desired: &Desired, mapping: &Mapping) -> bool {
    mapping.function().is_some_and(|f| desired.is_our_alias(&f))
}

fn is_ours(desired: &Desired, mapping: &Mapping) -> bool {
    mapping.function().is_some_and(|f| desired.is_ours(&f))
}

fn only(finding: Finding) -> Due {
    Due {
        findings: vec![finding],
        ..Due::default()
    }
}

fn missing(desired: &Desired, trigger: &DesiredEventSource) -> Due {
    let Some(create) = &trigger.create else {
        return only(findings::no_mapping(desired, trigger));
    };
    let step = Step::CreateMapping {
        source: trigger.source.clone(),
        create: Box::new(create.clone()),
    };
    let why = format!(
        "{} has no event source mapping on function {}",
        trigger.source.name(),
        desired.function
    );
    Due {
        edits: vec![PlannedStep { step, why }],
        ..Due::default()
    }
}

fn move_to_alias(desired: &Desired, observed: &Observed, (uuid, mapping): Found<'_>) -> Due {
    let finding = match &mapping.state {
        // AWS refuses an update meanwhile (AWS-86).
        MappingState::Changing(_) => return only(findings::changing(uuid, mapping)),
        // An update would replace the reason that Lambda left, and the mapping would stay disabled all the same.
        MappingState::Disabled if !mapping.is_disabled_by_a_person() => {
            return only(findings::disabled_by_lambda(desired, observed, uuid, mapping));
        }
        MappingState::Disabled => Some(findings::disabled(desired, uuid, mapping)),
        MappingState::Enabled => findings::unreadable_source(observed, mapping),
    };
    let edit = || PlannedStep {
        step: Step::UpdateMapping {
            uuid: uuid.into(),
            source_arn: mapping.source_arn.clone(),
        },
        why: format!(
            "event source mapping {uuid} hands the records of {} to {}{}",
            mapping.source_name(),
            mapping.called(),
            if mapping.starts_at_latest { MAY_MISS } else { "" }
        ),
    };
    Due {
        findings: finding.into_iter().collect(),
        edits: if calls_alias(desired, mapping) { Vec::new() } else { vec![edit()] },
        deploy: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::WarmLambdaEndpointStatus;
    use crate::plan::assess::{Cadence, Outcome};
    use crate::plan::fixtures::{
        ORDERS, STREAM, calls, condition, desired_by, mapped, mapping, mapping_of, orders, orders_by, planned, verdict,
    };
    use crate::plan::observed::AllocationState;
    use crate::plan::trigger::Callers;
    use serde_json::json;

    const OTHER: &str = "0bbbbbbb-0000-4000-8000-000000000002";
    const QUEUE: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
    const CLUSTER: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/c/1";

    fn change(observed: &mut Observed, change: impl FnOnce(&mut Mapping)) {
        change(observed.mappings.as_mut().unwrap().get_mut(ORDERS).unwrap());
    }

    fn add(observed: &mut Observed, uuid: &str, mapping: Mapping) {
        observed.mappings.as_mut().unwrap().insert(uuid.into(), mapping);
    }

    /// The only finding, and that nothing is written.
    fn found(desired: &Desired, observed: &Observed) -> Finding {
        let plan = planned(desired, observed);
        assert!(plan.steps.is_empty(), "{:?}", plan.steps);
        assert_eq!(plan.findings.len(), 1, "{:?}", plan.findings);
        plan.findings.into_iter().next().unwrap()
    }

    fn kind(finding: &Finding) -> (Ends, Reason) {
        (finding.ends, finding.reason)
    }

    #[test]
    fn who_reads_the_plan_is_warned_that_a_mapping_that_starts_at_latest_may_miss_records() {
        let mut observed = mapped("");
        let warns = |observed: &Observed| planned(&orders(), observed).steps[0].why.contains("can miss records");
        assert!(!warns(&observed));
        change(&mut observed, |mapping| mapping.starts_at_latest = true);
        assert!(warns(&observed));
    }

    #[test]
    fn a_disabled_mapping_beside_one_that_works_is_no_second_consumer() {
        let disabled = |qualifier: &str| Mapping {
            state: MappingState::Disabled,
            ..mapping(qualifier)
        };
        for (working, beside) in [(":live", ""), (":live", ":39"), ("", ":39")] {
            let mut observed = mapped(working);
            add(&mut observed, OTHER, disabled(beside));
            let planned = planned(&orders(), &observed);
            let moves = usize::from(working != ":live");
            assert_eq!(
                (planned.steps.len(), planned.findings),
                (moves, Vec::new()),
                "{working:?} beside {beside:?}"
            );
        }
        let mut observed = mapped("");
        add(&mut observed, OTHER, disabled(":live"));
        assert_eq!(kind(&found(&orders(), &observed)), (Ends::ByPerson, Reason::DuplicateMappings));
    }

    #[test]
    fn a_mapping_that_an_older_endpoint_asks_for_stays_on_its_alias() {
        let elder = |source: serde_json::Value| Elder {
            name: "shop/old".into(),
            alias: "blue".into(),
            callers: Callers {
                event_sources: orders_by(source).event_sources,
                ..Callers::default()
            },
        };
        let beside = |source| orders().beside(vec![elder(source)]);
        let finding = found(&beside(json!({"arn": STREAM})), &mapped(":blue"));
        assert_eq!(kind(&finding), (Ends::ByPerson, Reason::TriggerClaimed));
        assert!(finding.message.contains("WarmLambdaEndpoint shop/old"), "{}", finding.message);
        for (source, qualifier) in [
            (json!({"arn": QUEUE}), ":blue"),
            (json!({"arn": STREAM}), ":39"),
            (json!({"arn": STREAM}), ""),
        ] {
            assert_eq!(calls(&beside(source), &mapped(qualifier)).len(), 1, "{qualifier}");
        }
    }

    #[test]
    fn a_mapping_on_the_alias_needs_nothing() {
        assert_eq!(planned(&orders(), &mapped(":live")), Plan::default());
    }

    #[test]
    fn a_mapping_on_anything_else_of_the_function_is_moved_in_place() {
        for qualifier in ["", ":$LATEST", ":39", ":other"] {
            let calls = calls(&orders(), &mapped(qualifier));
            let expected = format!(
                "lambda:UpdateEventSourceMapping UUID={ORDERS} FunctionName={}",
                orders().alias_arn()
            );
            assert_eq!(calls, [expected], "{qualifier}");
        }
    }

    #[test]
    fn a_mapping_waits_until_the_alias_is_warm() {
        let mut observed = mapped("");
        observed.capacity.as_mut().unwrap().state = AllocationState::InProgress;
        let plan = planned(&orders(), &observed);
        assert!(plan.steps.is_empty());
        assert_eq!(kind(plan.findings.last().unwrap()), (Ends::ByEarlierLink, Reason::Waiting));
    }

    #[test]
    fn a_state_that_aws_ends_is_awaited_wherever_the_mapping_is() {
        for qualifier in ["", ":live"] {
            for state in ["Creating", "Enabling", "Updating", "Disabling", "Deleting"] {
                let mut observed = mapped(qualifier);
                change(&mut observed, |m| m.state = MappingState::Changing(state.into()));
                let found = found(&orders(), &observed);
                assert_eq!(kind(&found), (Ends::ByItself, Reason::MappingChanging));
                assert!(found.message.contains(ORDERS) && found.message.contains(state), "{}", found.message);
            }
        }
    }

    #[test]
    fn two_mappings_of_one_source_are_both_named_and_none_is_touched() {
        let mut observed = mapped("");
        add(&mut observed, OTHER, mapping(":live"));
        let found = found(&orders(), &observed);
        assert_eq!(kind(&found), (Ends::ByPerson, Reason::DuplicateMappings));
        for named in [
            ORDERS,
            OTHER,
            "fir-api without a qualifier",
            "fir-api:live",
            STREAM,
            "processed once for each",
        ] {
            assert!(found.message.contains(named), "{named} is not in {}", found.message);
        }
        let status = verdict(&orders(), &observed, &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0).status;
        assert_eq!(condition(&status, "Stalled"), Some(("True".into(), "DuplicateMappings".into())));
    }

    #[test]
    fn one_that_is_being_deleted_is_no_duplicate() {
        let mut observed = mapped("");
        let deleting = Mapping {
            state: MappingState::Changing("Deleting".into()),
            ..mapping(":live")
        };
        add(&mut observed, OTHER, deleting);
        assert_eq!(calls(&orders(), &observed).len(), 1);
    }

    #[test]
    fn mappings_of_other_functions_and_other_sources_are_none_of_ours() {
        let mut observed = mapped(":live");
        let foreign = mapping("").function_arn.replace("fir-api", "pine-api");
        add(
            &mut observed,
            OTHER,
            Mapping {
                function_arn: foreign,
                ..mapping("")
            },
        );
        let elsewhere = Mapping {
            source_arn: Some(QUEUE.into()),
            ..mapping("")
        };
        add(&mut observed, "0ccccccc-0000-4000-8000-000000000003", elsewhere);
        assert_eq!(planned(&orders(), &observed), Plan::default());
    }

    #[test]
    fn a_missing_mapping_is_made_only_when_the_spec_says_how() {
        let mut observed = mapped("");
        observed.mappings.as_mut().unwrap().clear();
        let asked = orders_by(json!({"arn": STREAM, "create": {"startingPosition": "TrimHorizon"}}));
        let expected = format!(
            "lambda:CreateEventSourceMapping EventSourceArn={STREAM} FunctionName={}",
            asked.alias_arn()
        );
        assert_eq!(calls(&asked, &observed), [expected]);
        let found = found(&orders(), &observed);
        assert_eq!(kind(&found), (Ends::ByDelivery, Reason::MappingNotFound));
        let command = format!(
            "`aws lambda create-event-source-mapping --region eu-west-1 --function-name {} --event-source-arn {STREAM} --starting-position \
             TRIM_HORIZON`",
            asked.alias_arn()
        );
        let block = "spec.triggers[orders].eventSource.create: {startingPosition: TrimHorizon}";
        assert!(
            found.message.contains(&command) && found.message.contains(block),
            "{}",
            found.message
        );
    }

    #[test]
    fn a_queue_is_made_a_mapping_without_a_position_and_a_topic_is_named() {
        let mut observed = mapped("");
        observed.mappings.as_mut().unwrap().clear();
        let queue = found(&orders_by(json!({"arn": QUEUE})), &observed).message;
        assert!(!queue.contains("starting-position") && queue.ends_with("create: {}"), "{queue}");
        let kafka = json!({"selfManagedKafka": {"bootstrapServers": ["b2:9092", "b1:9092"]}, "topic": "orders"});
        let kafka = found(&orders_by(kafka), &observed).message;
        assert!(
            kafka.contains(r#"["b1:9092","b2:9092"]"#) && kafka.contains("--topics orders"),
            "{kafka}"
        );
    }

    #[test]
    fn a_mapping_that_a_person_disabled_is_moved_and_stays_disabled() {
        for reason in ["User action", "USER_INITIATED"] {
            let mut observed = mapped("");
            change(&mut observed, |m| {
                (m.state, m.state_reason) = (MappingState::Disabled, reason.into())
            });
            let plan = planned(&orders(), &observed);
            assert_eq!(plan.steps[0].step.action(), "lambda:UpdateEventSourceMapping");
            assert_eq!(kind(&plan.findings[0]), (Ends::ByOthers, Reason::MappingDisabled));
            let enable = format!("--uuid {ORDERS} --enabled");
            assert!(plan.findings[0].message.contains(&enable), "{}", plan.findings[0].message);
        }
    }

    #[test]
    fn a_disabled_mapping_is_no_error_but_not_ready_either() {
        let mut observed = mapped(":live");
        change(&mut observed, |m| m.state = MappingState::Disabled);
        let verdict = verdict(&orders(), &observed, &Outcome::default(), &WarmLambdaEndpointStatus::default(), 0);
        assert_eq!(
            condition(&verdict.status, "Ready"),
            Some(("False".into(), "MappingDisabled".into()))
        );
        assert_eq!((condition(&verdict.status, "Stalled"), verdict.cadence), (None, Cadence::Settled));
    }

    #[test]
    fn a_mapping_that_lambda_disabled_needs_a_person_and_keeps_lambdas_reason() {
        for (reason, named) in [
            ("EVENT_SOURCE_AUTHZ_ERROR", "dynamodb:GetRecords"),
            ("Stream not found: s", "does not exist"),
            ("The role defined for the function cannot be assumed by Lambda.", "sts:AssumeRole"),
            ("FUNCTION_NOT_FOUND", "cannot be called"),
            ("ESM_CONFIG_NOT_VALID", "ESM_CONFIG_NOT_VALID"),
        ] {
            let mut observed = mapped("");
            change(&mut observed, |m| {
                (m.state, m.state_reason) = (MappingState::Disabled, reason.into())
            });
            let found = found(&orders(), &observed);
            assert_eq!(kind(&found), (Ends::ByPerson, Reason::MappingDisabledByLambda));
            assert!(found.message.contains(reason) && found.message.contains(named), "{}", found.message);
            assert!(found.message.contains("--enabled"), "{}", found.message);
        }
    }

    #[test]
    fn a_source_that_lambda_cannot_read_is_told_with_what_is_missing() {
        for (result, reason, named) in [
            (
                "PROBLEM: Lambda does not have required permissions to access the event source",
                Reason::SourceAccessDenied,
                "dynamodb:GetShardIterator",
            ),
            (
                "PROBLEM: The role defined for the function cannot be assumed by Lambda.",
                Reason::RoleNotAssumable,
                "arn:aws:iam::111122223333:role/fir-api",
            ),
            ("PROBLEM: Event source not found", Reason::SourceNotFound, STREAM),
        ] {
            let mut observed = mapped(":live");
            change(&mut observed, |m| m.last_result = result.into());
            let found = found(&orders(), &observed);
            assert_eq!(kind(&found), (Ends::ByDelivery, reason));
            assert!(found.message.contains(named) && found.message.contains(result), "{}", found.message);
        }
    }

    #[test]
    fn a_mapping_named_by_its_uuid_is_moved_unless_it_is_another_functions() {
        let by_uuid = orders_by(json!({"uuid": ORDERS}));
        assert_eq!(calls(&by_uuid, &mapped("")).len(), 1);
        let mut observed = mapped("");
        change(&mut observed, |m| m.function_arn = m.function_arn.replace("fir-api", "pine-api"));
        let finding = found(&by_uuid, &observed);
        assert_eq!(kind(&finding), (Ends::ByPerson, Reason::InvalidSpec));
        assert!(finding.message.contains("pine-api"), "{}", finding.message);
        observed.mappings.as_mut().unwrap().clear();
        assert_eq!(kind(&found(&by_uuid, &observed)), (Ends::ByPerson, Reason::MappingNotFound));
    }

    #[test]
    fn a_duplicate_of_a_mapping_that_is_named_by_its_uuid_is_found() {
        let mut observed = mapped("");
        add(&mut observed, OTHER, mapping(":39"));
        assert_eq!(
            found(&orders_by(json!({"uuid": ORDERS})), &observed).reason,
            Reason::DuplicateMappings
        );
    }

    #[test]
    fn two_triggers_that_name_one_mapping_move_it_once() {
        let mut desired = orders();
        desired.event_sources.extend(orders_by(json!({"uuid": ORDERS})).event_sources);
        assert_eq!(calls(&desired, &mapped("")).len(), 1);
    }

    #[test]
    fn topics_of_one_cluster_are_different_sources() {
        let on = |topic: &str, qualifier: &str| Mapping {
            source_arn: Some(CLUSTER.into()),
            topics: vec![topic.into()],
            ..mapping(qualifier)
        };
        let mut observed = mapped("");
        add(&mut observed, ORDERS, on("orders", ""));
        add(&mut observed, OTHER, on("bills", ":39"));
        let finding = found(&orders_by(json!({"arn": CLUSTER})), &observed);
        assert_eq!(kind(&finding), (Ends::ByPerson, Reason::InvalidSpec));
        assert!(
            finding.message.contains("spec.triggers[orders].eventSource.topic"),
            "{}",
            finding.message
        );
        assert_eq!(calls(&orders_by(json!({"arn": CLUSTER, "topic": "bills"})), &observed).len(), 1);
        add(&mut observed, OTHER, on("orders", ":39"));
        assert_eq!(
            found(&orders_by(json!({"arn": CLUSTER, "topic": "orders"})), &observed).reason,
            Reason::DuplicateMappings
        );
    }

    #[test]
    fn brokers_name_a_self_managed_cluster_in_any_order() {
        let mut observed = mapped("");
        let kafka = Mapping {
            source_arn: None,
            bootstrap_servers: vec!["b1:9092".into(), "b2:9092".into()],
            topics: vec!["orders".into()],
            ..mapping("")
        };
        add(&mut observed, ORDERS, kafka);
        let source = json!({"selfManagedKafka": {"bootstrapServers": ["b2:9092", "b1:9092"]}, "topic": "orders"});
        assert_eq!(calls(&orders_by(source), &observed).len(), 1);
    }

    #[test]
    fn two_triggers_on_a_source_without_a_mapping_have_it_made_once() {
        let trigger = |name: &str, size: i32| json!({"name": name, "eventSource": {"arn": QUEUE, "create": {"batchSize": size}}});
        let desired =
            desired_by(json!({"functionName": "fir-api", "provisionedConcurrency": 3, "triggers": [trigger("a", 5), trigger("b", 6)]}));
        let observed = Observed {
            mappings: Some(BTreeMap::new()),
            ..mapped("")
        };
        assert_eq!(planned(&desired, &observed).steps.len(), 1);
        let other = json!({"name": "b", "eventSource": {"arn": format!("{QUEUE}-2"), "create": {}}});
        let desired = desired_by(json!({"functionName": "fir-api", "provisionedConcurrency": 3, "triggers": [trigger("a", 5), other]}));
        assert_eq!(planned(&desired, &observed).steps.len(), 2);
    }

    #[test]
    fn one_mapping_at_rest_on_the_alias_needs_no_closer_look() {
        let (on, off) = (mapping(":live"), mapping(""));
        let mut moving = mapping(":live");
        moving.state = MappingState::Changing("Updating".into());
        assert!(is_settled(&orders(), &[(ORDERS, &on)]));
        for found in [
            vec![],
            vec![(ORDERS, &off)],
            vec![(ORDERS, &moving)],
            vec![(ORDERS, &on), (OTHER, &on)],
        ] {
            assert!(!is_settled(&orders(), &found), "{found:?}");
        }
    }

    #[test]
    fn a_mapping_concerns_an_endpoint_by_its_function_its_uuid_or_its_source() {
        let foreign = |source: &str| mapping_of(source, "arn:aws:lambda:eu-west-1:111122223333:function:other");
        assert!(
            concerns(&orders(), OTHER, &mapping_of(QUEUE, &mapping("").function_arn)),
            "its function"
        );
        assert!(concerns(&orders(), OTHER, &foreign(STREAM)), "its source");
        assert!(!concerns(&orders(), OTHER, &foreign(QUEUE)));
        let by_uuid = orders_by(json!({"uuid": ORDERS}));
        assert!(concerns(&by_uuid, ORDERS, &foreign(QUEUE)), "its UUID");
        assert!(!concerns(&by_uuid, OTHER, &foreign(STREAM)));
    }
}
