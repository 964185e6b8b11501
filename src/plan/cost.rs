//! What warm capacity costs. Source: AWS-115.

use super::observed::EnvironmentSize;

/// US dollars for one GB of warm capacity on `x86_64` in one second, times 10^10. List prices, without any discount.
const PRICES: &[(&str, f64)] = &[
    ("af-south-1", 55_300.0),
    ("ap-east-1", 57_153.0),
    ("ap-northeast-1", 53_835.0),
    ("ap-northeast-2", 51_254.0),
    ("ap-northeast-3", 53_835.0),
    ("ap-south-1", 44_985.0),
    ("ap-southeast-1", 51_991.0),
    ("ap-southeast-2", 52_360.0),
    ("ap-southeast-4", 52_360.0),
    ("ap-southeast-5", 46_791.0),
    ("ca-central-1", 46_460.0),
    ("eu-central-1", 50_147.0),
    ("eu-central-2", 55_162.0),
    ("eu-north-1", 44_248.0),
    ("eu-south-1", 48_783.0),
    ("eu-west-1", 46_460.0),
    ("eu-west-2", 48_304.0),
    ("eu-west-3", 48_673.0),
    ("me-south-1", 51_108.0),
    ("sa-east-1", 66_372.0),
    ("us-east-1", 41_667.0),
    ("us-east-2", 41_667.0),
    ("us-west-1", 49_041.0),
    ("us-west-2", 41_667.0),
];

/// The unit of [`PRICES`].
const DOLLARS: f64 = 1e-10;
/// What arm64 costs of the price of `x86_64`: known for us-east-1, and taken to be the same elsewhere.
const ARM64: f64 = 33_334.0 / 41_667.0;
/// A month as AWS's own calculator counts it.
const SECONDS_PER_MONTH: f64 = 730.0 * 3600.0;

/// About what `environments` warm environments cost in a month, in US dollars; requests and their duration come on top. `None` when
/// the price of the region or the size is not known.
pub fn monthly_dollars(region: &str, size: EnvironmentSize, environments: u32) -> Option<f64> {
    if size.memory_mb == 0 {
        return None;
    }
    let (_, price) = PRICES.iter().find(|(known, _)| *known == region)?;
    let price = price * DOLLARS * if size.arm64 { ARM64 } else { 1.0 };
    let gigabytes = f64::from(size.memory_mb) / 1024.0 * f64::from(environments);
    Some(gigabytes * price * SECONDS_PER_MONTH)
}

/// The same in whole dollars.
pub fn whole_dollars(dollars: f64) -> i64 {
    // Ten thousand environments of 10 GB cost some millions, so nothing is cut off.
    #[allow(clippy::cast_possible_truncation)]
    let whole = dollars.round() as i64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(memory_mb: u32, arm64: bool) -> EnvironmentSize {
        EnvironmentSize { memory_mb, arm64 }
    }

    fn dollars(region: &str, size: EnvironmentSize, environments: u32) -> Option<i64> {
        monthly_dollars(region, size, environments).map(whole_dollars)
    }

    #[test]
    fn twenty_five_environments_of_a_gigabyte_in_ireland_cost_about_305_dollars_a_month() {
        assert_eq!(dollars("eu-west-1", size(1024, false), 25), Some(305));
    }

    #[test]
    fn the_price_follows_memory_number_and_architecture() {
        for (memory, arm64, environments, expected) in [
            (1024, false, 10, 110),
            (512, false, 10, 55),
            (1024, false, 1, 11),
            (1024, true, 10, 88),
        ] {
            assert_eq!(
                dollars("us-east-1", size(memory, arm64), environments),
                Some(expected),
                "{memory} MB, {environments}"
            );
        }
    }

    #[test]
    fn what_is_not_known_has_no_price() {
        assert_eq!(dollars("mars-north-1", size(1024, false), 10), None);
        assert_eq!(dollars("eu-west-1", size(0, false), 10), None);
    }

    #[test]
    fn each_region_stands_in_the_table_once_and_in_order() {
        assert!(PRICES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
