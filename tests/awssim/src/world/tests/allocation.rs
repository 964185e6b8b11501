//! AWS-21 to AWS-28: putting, growing, shrinking and losing warm environments.

use super::super::{ById, Status};
use super::{MINUTE, SECOND, pass, publish, region, warm_region};

fn capacity(region: &super::Region, qualifier: &str) -> (Status, u32, u32, u32) {
    let config = region.get_provisioned_concurrency_config("fir-api", qualifier).unwrap();
    (config.status, config.requested, config.allocated, config.available)
}

#[test]
fn nothing_is_available_before_everything_is_allocated() {
    let mut region = region();
    region.settings.account_concurrency = 20_000;
    region.put_provisioned_concurrency_config("fir-api", "live", 12_000).unwrap();
    assert_eq!(capacity(&region, "live"), (Status::InProgress, 12_000, 0, 0), "AWS-26");
    pass(&mut region, 119 * SECOND);
    assert_eq!(capacity(&region, "live"), (Status::InProgress, 12_000, 0, 0), "AWS-26");
    pass(&mut region, 61 * SECOND);
    assert_eq!(capacity(&region, "live"), (Status::InProgress, 12_000, 6000, 0), "AWS-26");
    pass(&mut region, MINUTE);
    assert_eq!(capacity(&region, "live"), (Status::Ready, 12_000, 12_000, 12_000), "AWS-26");
}

#[test]
fn a_second_put_overwrites_one_that_is_in_progress() {
    let mut region = region();
    region.put_provisioned_concurrency_config("fir-api", "live", 5).unwrap();
    pass(&mut region, MINUTE);
    region.put_provisioned_concurrency_config("fir-api", "live", 1).unwrap();
    pass(&mut region, MINUTE);
    assert_eq!(capacity(&region, "live"), (Status::InProgress, 1, 0, 0), "AWS-22");
    pass(&mut region, 2 * MINUTE);
    assert_eq!(capacity(&region, "live"), (Status::Ready, 1, 1, 1), "AWS-22");
}

#[test]
fn growing_keeps_what_is_warm_available() {
    let mut region = warm_region();
    region.put_provisioned_concurrency_config("fir-api", "live", 4).unwrap();
    pass(&mut region, MINUTE);
    assert_eq!(capacity(&region, "live"), (Status::InProgress, 4, 2, 2));
    pass(&mut region, 2 * MINUTE);
    assert_eq!(capacity(&region, "live"), (Status::Ready, 4, 4, 4));
    region.put_provisioned_concurrency_config("fir-api", "live", 1).unwrap();
    pass(&mut region, MINUTE);
    assert_eq!(capacity(&region, "live"), (Status::Ready, 1, 1, 1));
}

#[test]
fn zero_is_refused() {
    let error = region().put_provisioned_concurrency_config("fir-api", "live", 0).unwrap_err();
    assert_eq!((error.status, error.code.as_str()), (400, "ValidationException"), "AWS-21");
}

#[test]
fn code_that_cannot_initialise_fails_after_five_minutes() {
    let mut region = region();
    let two = publish(&mut region, "init: fail-provisioned");
    region.put_provisioned_concurrency_config("fir-api", &two, 1).unwrap();
    pass(&mut region, 299 * SECOND);
    assert_eq!(capacity(&region, &two), (Status::InProgress, 1, 0, 0), "AWS-27");
    pass(&mut region, SECOND);
    assert_eq!(capacity(&region, &two), (Status::Failed, 1, 0, 0), "AWS-27");
}

#[test]
fn an_alias_and_its_version_exclude_each_other() {
    let mut region = region();
    region.put_provisioned_concurrency_config("fir-api", "1", 1).unwrap();
    let error = region.put_provisioned_concurrency_config("fir-api", "live", 1).unwrap_err();
    let text = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version";
    assert_eq!((error.status, error.message.as_str()), (409, text), "AWS-24");
    region.delete_provisioned_concurrency_config("fir-api", "1").unwrap();
    region.put_provisioned_concurrency_config("fir-api", "live", 1).unwrap();
    let error = region.put_provisioned_concurrency_config("fir-api", "1", 1).unwrap_err();
    assert_eq!(
        (error.status, error.message.as_str()),
        (409, "Version is pointed by a Provisioned Concurrency alias"),
        "AWS-24"
    );
    region.create_alias("fir-api", "other", "1", ById::new(), "").unwrap();
    assert_eq!(
        region.put_provisioned_concurrency_config("fir-api", "other", 1).unwrap_err().status,
        409,
        "AWS-24"
    );
    let error = region.get_provisioned_concurrency_config("fir-api", "1").unwrap_err();
    assert_eq!(error.code, "ProvisionedConcurrencyConfigNotFoundException", "AWS-24");
}

#[test]
fn latest_and_snap_start_have_no_warm_capacity() {
    let mut region = region();
    let error = region.put_provisioned_concurrency_config("fir-api", "$LATEST", 1).unwrap_err();
    assert_eq!(
        error.message, "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
        "AWS-12"
    );
    region.functions.get_mut("fir-api").unwrap().latest.snap_start = true;
    let two = publish(&mut region, "two");
    assert_eq!(
        region.put_provisioned_concurrency_config("fir-api", &two, 1).unwrap_err().status,
        400,
        "AWS-12"
    );
}

#[test]
fn deleting_an_alias_deletes_its_warm_capacity_and_deleting_twice_is_no_error() {
    let mut region = warm_region();
    region.delete_alias("fir-api", "live").unwrap();
    region.delete_alias("fir-api", "live").unwrap();
    let error = region.get_provisioned_concurrency_config("fir-api", "live").unwrap_err();
    assert_eq!(
        error.message, "Cannot find alias arn: arn:aws:lambda:eu-west-1:111122223333:function:fir-api:live",
        "AWS-17, AWS-23"
    );
    assert!(
        region
            .list_provisioned_concurrency_configs("fir-api", None, None)
            .unwrap()
            .items
            .is_empty(),
        "AWS-17"
    );
}
