//! How the simulated Lambda behaves, fact by fact of `docs/aws.md`.

mod allocation;
mod broken_mapping;
mod canary;
mod consuming;
mod consuming_random;
mod event_source_mapping;
mod function_url;
mod invoke;
mod mapping_parameters;
mod policy;
mod quota;
mod random;
mod revision;
mod world_file;

use super::{AliasChange, ById, Millis, Region, Version};

/// When the tests begin.
pub const START: Millis = 1_700_000_000_000;
pub const SECOND: Millis = 1000;
pub const MINUTE: Millis = 60_000;

/// A region in which `fir-api` has version 1, an alias `live` on it, and nothing else.
pub fn region() -> Region {
    let mut region = Region {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        ..Region::default()
    };
    region.settle(START);
    region.create_function("fir-api", Version::of("one"), false).unwrap();
    region.settle(START + MINUTE);
    region.publish_version("fir-api", None, None, None).unwrap();
    region.create_alias("fir-api", "live", "1", ById::new(), "").unwrap();
    region
}

/// The same with two warm environments on `live`.
pub fn warm_region() -> Region {
    let mut region = region();
    region.put_provisioned_concurrency_config("fir-api", "live", 2).unwrap();
    pass(&mut region, 10 * MINUTE);
    region
}

/// Publishes new code and answers the version's number.
pub fn publish(region: &mut Region, code: &str) -> String {
    region.update_function_code("fir-api", code, false, None).unwrap();
    pass(region, MINUTE);
    region.publish_version("fir-api", None, None, None).unwrap().version
}

/// Moves `live` to a version.
pub fn move_live(region: &mut Region, version: &str) {
    region.update_alias("fir-api", "live", &AliasChange::version(version)).unwrap();
}

/// Lets time pass.
pub fn pass(region: &mut Region, duration: Millis) {
    region.settle(region.now + duration);
}
