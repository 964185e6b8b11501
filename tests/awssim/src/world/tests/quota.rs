//! AWS-25 and AWS-58: limits of the account and of reservations.

use super::super::Version;
use super::{region, warm_region};

#[test]
fn the_three_refusals_differ_in_their_text_only() {
    let mut region = region();
    let text = |error: super::super::AwsError| (error.status, error.code, error.message);
    let refused = |message: &str| (400, "InvalidParameterValueException".to_owned(), message.to_owned());
    let put = |region: &mut super::Region, n| text(region.put_provisioned_concurrency_config("fir-api", "live", n).unwrap_err());
    let too_many = "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].";
    assert_eq!(put(&mut region, 1001), refused(too_many), "AWS-25");
    let minimum =
        "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].";
    assert_eq!(put(&mut region, 901), refused(minimum), "AWS-25");
    region.put_function_concurrency("fir-api", 5).unwrap();
    let reserved = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function";
    assert_eq!(put(&mut region, 6), refused(reserved), "AWS-25");
    assert!(region.put_provisioned_concurrency_config("fir-api", "live", 5).is_ok());
}

#[test]
fn warm_capacity_of_one_function_takes_from_all_others() {
    let mut region = region();
    region.put_provisioned_concurrency_config("fir-api", "live", 800).unwrap();
    region.create_function("other", Version::of("x"), true).unwrap();
    let error = region.put_provisioned_concurrency_config("other", "1", 101).unwrap_err();
    assert!(error.message.contains("below its minimum value"), "AWS-25: {error}");
    assert!(region.put_provisioned_concurrency_config("other", "1", 100).is_ok());
}

#[test]
fn a_reservation_cannot_be_smaller_than_the_warm_capacity() {
    let error = warm_region().put_function_concurrency("fir-api", 1).unwrap_err();
    let text = " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].";
    assert_eq!(error.message, text, "AWS-25");
}

#[test]
fn the_account_says_what_is_unreserved() {
    let mut region = warm_region();
    region.put_function_concurrency("fir-api", 300).unwrap();
    let settings = region.get_account_settings();
    assert_eq!(
        (settings.concurrent_executions, settings.unreserved_concurrent_executions),
        (1000, 700),
        "AWS-58"
    );
    let error = region.put_function_concurrency("fir-api", 901).unwrap_err();
    assert!(
        error
            .message
            .contains("UnreservedConcurrentExecution below its minimum value of [100]"),
        "AWS-58"
    );
}
