//! AWS-29 to AWS-33: what AWS does when an alias with warm environments moves.

use super::super::{AliasChange, ById, Invoker, Status};
use super::{MINUTE, SECOND, move_live, pass, publish, region, warm_region};

fn weights(region: &super::Region) -> ById<f64> {
    region.get_alias("fir-api", "live").unwrap().additional_version_weights
}

fn capacity(region: &super::Region) -> (Status, u32, u32) {
    let config = region.get_provisioned_concurrency_config("fir-api", "live").unwrap();
    (config.status, config.allocated, config.available)
}

#[test]
fn a_move_answers_without_weights_and_shows_the_old_numbers_in_progress_at_once() {
    let mut region = warm_region();
    let two = publish(&mut region, "two");
    let answer = region.update_alias("fir-api", "live", &AliasChange::version(&two)).unwrap();
    assert_eq!(
        (answer.function_version.as_str(), answer.additional_version_weights.len()),
        ("2", 0),
        "AWS-29"
    );
    assert_eq!(
        region.get_alias("fir-api", "live").unwrap(),
        answer,
        "AWS-29: also when read at once"
    );
    assert_eq!(capacity(&region), (Status::InProgress, 2, 2), "AWS-29, AWS-33");
}

#[test]
fn a_moment_later_all_weight_is_on_the_old_version_until_the_new_one_is_warm() {
    let mut region = warm_region();
    let two = publish(&mut region, "two");
    move_live(&mut region, &two);
    let revision = region.get_alias("fir-api", "live").unwrap().revision_id;
    pass(&mut region, SECOND);
    assert_eq!(weights(&region), ById::from([("1".to_owned(), 1.0)]), "AWS-29");
    assert_ne!(region.get_alias("fir-api", "live").unwrap().revision_id, revision);
    pass(&mut region, 5 * MINUTE);
    assert_eq!(capacity(&region), (Status::InProgress, 2, 2), "AWS-29: 6 to 8 minutes");
    pass(&mut region, 3 * MINUTE);
    assert_eq!(weights(&region), ById::new(), "AWS-29");
    assert_eq!(capacity(&region), (Status::Ready, 2, 2), "AWS-29");
}

#[test]
fn every_request_of_a_move_is_served_warm_by_the_old_version_and_then_by_the_new_one() {
    let mut region = warm_region();
    let two = publish(&mut region, "two");
    move_live(&mut region, &two);
    let mut served = Vec::new();
    for _ in 0..100 {
        let now = region.now + 5 * SECOND;
        let invocation = region.invoke(now, "fir-api", Some("live"), &Invoker::Direct).unwrap();
        assert!(invocation.warm && invocation.provisioned, "AWS-29");
        served.push(invocation.executed_version);
    }
    served.dedup();
    assert_eq!(served, ["1", "2"], "AWS-29");
}

#[test]
fn warm_capacity_cannot_be_put_or_deleted_while_weights_are_in_force() {
    let mut region = warm_region();
    let two = publish(&mut region, "two");
    move_live(&mut region, &two);
    for wait in [0, SECOND, 4 * MINUTE] {
        pass(&mut region, wait);
        let put = region.put_provisioned_concurrency_config("fir-api", "live", 3).unwrap_err();
        assert_eq!(
            (put.status, put.message.as_str()),
            (400, "Alias with weights can not be used with Provisioned Concurrency"),
            "AWS-30"
        );
        assert_eq!(
            region.delete_provisioned_concurrency_config("fir-api", "live").unwrap_err(),
            put,
            "AWS-30"
        );
    }
    pass(&mut region, 5 * MINUTE);
    assert!(region.put_provisioned_concurrency_config("fir-api", "live", 3).is_ok());
}

#[test]
fn weights_that_a_person_set_block_warm_capacity_as_well() {
    let mut region = warm_region();
    publish(&mut region, "two");
    let change = AliasChange {
        additional_version_weights: Some(ById::from([("2".to_owned(), 0.1)])),
        ..AliasChange::default()
    };
    region.update_alias("fir-api", "live", &change).unwrap();
    let error = region.put_provisioned_concurrency_config("fir-api", "live", 3).unwrap_err();
    assert_eq!(
        error.message, "Alias with weights can not be used with Provisioned Concurrency",
        "AWS-30"
    );
}

#[test]
fn code_that_cannot_initialise_leaves_the_alias_wedged_on_the_old_version() {
    let mut region = warm_region();
    let two = publish(&mut region, "init: fail");
    move_live(&mut region, &two);
    pass(&mut region, 4 * MINUTE);
    assert_eq!(capacity(&region).0, Status::InProgress, "AWS-27: about five minutes");
    pass(&mut region, 60 * MINUTE);
    let config = region.get_provisioned_concurrency_config("fir-api", "live").unwrap();
    assert_eq!(
        (config.status, config.allocated, config.available),
        (Status::Failed, 0, 0),
        "AWS-27"
    );
    assert_eq!(config.status_reason.as_deref(), Some("FUNCTION_ERROR_INIT_FAILURE"), "AWS-27");
    assert_eq!(weights(&region), ById::from([("1".to_owned(), 1.0)]), "AWS-31");
    let served = region.invoke(region.now, "fir-api", Some("live"), &Invoker::Direct).unwrap();
    assert_eq!((served.executed_version.as_str(), served.warm), ("1", true), "AWS-31");
}

#[test]
fn a_wedged_alias_refuses_other_versions_and_the_naive_way_back() {
    let mut region = warm_region();
    let two = publish(&mut region, "init: fail");
    move_live(&mut region, &two);
    pass(&mut region, 10 * MINUTE);
    let three = publish(&mut region, "three");
    let error = region.update_alias("fir-api", "live", &AliasChange::version(&three)).unwrap_err();
    assert_eq!(
        (error.status, error.message.as_str()),
        (400, "Invalid alias configuration for Provisioned Concurrency"),
        "AWS-31"
    );
    let error = region.update_alias("fir-api", "live", &AliasChange::version("1")).unwrap_err();
    let text = "Invalid function version 1. Function version 1 is already included in routing configuration.";
    assert_eq!((error.status, error.message.as_str()), (400, text), "AWS-18");
    let error = region
        .update_alias("fir-api", "live", &AliasChange::version(&three).clearing_weights())
        .unwrap_err();
    assert_eq!(error.message, "Invalid alias configuration for Provisioned Concurrency", "AWS-31");
}

#[test]
fn the_old_version_with_no_weights_takes_a_wedged_move_back_without_a_cold_request() {
    let mut region = warm_region();
    let two = publish(&mut region, "init: fail");
    move_live(&mut region, &two);
    pass(&mut region, 10 * MINUTE);
    let seen = region.get_alias("fir-api", "live").unwrap().revision_id;
    let back = AliasChange::version("1").clearing_weights().guarded(&seen);
    let answer = region.update_alias("fir-api", "live", &back).unwrap();
    assert_eq!(
        (answer.function_version.as_str(), answer.additional_version_weights.len()),
        ("1", 0),
        "AWS-32"
    );
    assert_eq!(capacity(&region).0, Status::InProgress, "AWS-32");
    for _ in 0..20 {
        let now = region.now + SECOND;
        let served = region.invoke(now, "fir-api", Some("live"), &Invoker::Direct).unwrap();
        assert_eq!((served.executed_version.as_str(), served.warm), ("1", true), "AWS-32");
    }
    assert_eq!(capacity(&region), (Status::Ready, 2, 2), "AWS-32");
    assert_eq!(weights(&region), ById::new());
}

#[test]
fn a_move_that_is_still_going_on_can_be_taken_back_too() {
    let mut region = warm_region();
    let two = publish(&mut region, "two");
    move_live(&mut region, &two);
    pass(&mut region, 2 * MINUTE);
    region
        .update_alias("fir-api", "live", &AliasChange::version("1").clearing_weights())
        .unwrap();
    pass(&mut region, MINUTE);
    assert_eq!(capacity(&region), (Status::Ready, 2, 2));
    pass(&mut region, 10 * MINUTE);
    assert_eq!(region.get_alias("fir-api", "live").unwrap().function_version, "1");
}

#[test]
fn only_the_description_can_change_while_the_move_goes_on() {
    let mut region = warm_region();
    let two = publish(&mut region, "two");
    move_live(&mut region, &two);
    pass(&mut region, MINUTE);
    let change = AliasChange {
        description: Some("new".into()),
        ..AliasChange::default()
    };
    let answer = region.update_alias("fir-api", "live", &change).unwrap();
    assert_eq!(answer.additional_version_weights, ById::from([("1".to_owned(), 1.0)]));
    let forced = region
        .update_alias("fir-api", "live", &AliasChange::version("2").clearing_weights())
        .unwrap_err();
    assert_eq!(forced.message, "Invalid alias configuration for Provisioned Concurrency", "AWS-31");
    pass(&mut region, 10 * MINUTE);
    assert_eq!(capacity(&region), (Status::Ready, 2, 2));
}

#[test]
fn an_alias_without_warm_capacity_moves_at_once() {
    let mut region = region();
    let two = publish(&mut region, "init: fail-provisioned");
    move_live(&mut region, &two);
    let served = region.invoke(region.now, "fir-api", Some("live"), &Invoker::Direct).unwrap();
    assert_eq!((served.executed_version.as_str(), served.warm), ("2", false));
    pass(&mut region, 10 * SECOND);
    assert_eq!(weights(&region), ById::new());
}

#[test]
fn the_version_that_is_left_cannot_be_deleted_while_it_serves() {
    let mut region = warm_region();
    let two = publish(&mut region, "two");
    move_live(&mut region, &two);
    let error = region.delete_function("fir-api", Some("1")).unwrap_err();
    let text = "Unable to delete version because the following aliases reference it: [live]";
    assert_eq!((error.status, error.message.as_str()), (409, text), "AWS-11");
    pass(&mut region, 10 * MINUTE);
    assert_eq!(region.delete_function("fir-api", Some("1")), Ok(()));
}
