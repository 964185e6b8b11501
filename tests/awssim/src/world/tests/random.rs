//! What holds after any sequence of calls: repeatability, and that AWS's own rules keep an alias served.

use super::super::{AliasChange, ById, Invoker, Region, Status};
use super::{SECOND, pass, publish, warm_region};

/// Marsaglia's xorshift: the same numbers in every run.
#[derive(Clone)]
pub struct Numbers(u64);

impl Numbers {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// One call that somebody with access to the account might make; most are refused in most states.
fn call(region: &mut Region, numbers: &mut Numbers) {
    let version = (1 + numbers.below(4)).to_string();
    let change = AliasChange::version(&version);
    let weights = ById::from([((1 + numbers.below(4)).to_string(), 0.5)]);
    let _ = match numbers.below(9) {
        0 | 1 => region.update_alias("fir-api", "live", &change).map(drop),
        2 | 3 => region.update_alias("fir-api", "live", &change.clearing_weights()).map(drop),
        4 => region
            .update_alias(
                "fir-api",
                "live",
                &AliasChange {
                    additional_version_weights: Some(weights),
                    ..change
                },
            )
            .map(drop),
        5 => region
            .put_provisioned_concurrency_config("fir-api", "live", 1 + i64::try_from(numbers.below(3)).unwrap())
            .map(drop),
        6 => region.delete_provisioned_concurrency_config("fir-api", "live"),
        7 => region.delete_function("fir-api", Some(&version)),
        _ => region.publish_version("fir-api", None, None, None).map(drop),
    };
}

/// Four versions, of which the third cannot be kept warm.
fn four_versions() -> Region {
    let mut region = warm_region();
    for code in ["two", "init: fail-provisioned", "four"] {
        publish(&mut region, code);
    }
    region
}

#[test]
fn time_in_many_steps_does_the_same_as_time_in_one() {
    for seed in 1..=40 {
        let mut numbers = Numbers::of(seed);
        let (mut once, mut often) = (four_versions(), four_versions());
        for _ in 0..30 {
            let wait = numbers.below(200);
            call(&mut often, &mut numbers.clone());
            call(&mut once, &mut numbers);
            pass(&mut once, wait * SECOND);
            (0..wait).for_each(|_| pass(&mut often, SECOND));
            assert_eq!(once, often, "seed {seed}");
        }
    }
}

#[test]
fn an_alias_is_served_whatever_is_called() {
    for seed in 1..=100 {
        let (mut region, mut numbers) = (four_versions(), Numbers::of(seed));
        for _ in 0..60 {
            call(&mut region, &mut numbers);
            let now = region.now + numbers.below(100) * SECOND;
            let served = region.invoke(now, "fir-api", Some("live"), &Invoker::Direct);
            assert_eq!(served.map(|served| served.function_error), Ok(None), "seed {seed}");
        }
    }
}

#[test]
fn a_ready_alias_without_weights_is_warm_on_the_version_it_names() {
    let (mut ready_seen, mut weights_seen) = (0, 0);
    for seed in 1..=100 {
        let (mut region, mut numbers) = (four_versions(), Numbers::of(seed));
        for _ in 0..60 {
            call(&mut region, &mut numbers);
            pass(&mut region, numbers.below(100) * SECOND);
            let alias = region.get_alias("fir-api", "live").unwrap();
            let ready = region
                .get_provisioned_concurrency_config("fir-api", "live")
                .is_ok_and(|config| config.status == Status::Ready);
            ready_seen += u32::from(ready);
            weights_seen += u32::from(!alias.additional_version_weights.is_empty());
            if ready && alias.additional_version_weights.is_empty() {
                let served = region.invoke(region.now, "fir-api", Some("live"), &Invoker::Direct).unwrap();
                assert!(
                    served.warm && served.executed_version == alias.function_version,
                    "AWS-33, seed {seed}"
                );
                pass(&mut region, SECOND);
            }
        }
    }
    assert!(
        ready_seen > 500 && weights_seen > 500,
        "the calls reach both states: {ready_seen} and {weights_seen}"
    );
}
