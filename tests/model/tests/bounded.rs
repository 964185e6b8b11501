//! A walk that takes seconds: the shipping rules break nothing, and each of them is either needed or known not to be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use warmlambda_model::rules::Rules;
use warmlambda_model::setting::Setting;
use warmlambda_model::variants::{VARIANTS, broken};

#[test]
fn the_shipping_rules_break_nothing() {
    for setting in Setting::all() {
        let (name, left) = (setting.name, setting.bounded);
        assert_eq!(broken(setting, Rules::SHIPPING, left), Vec::new(), "{name}");
    }
}

#[test]
fn without_any_one_of_the_rules_that_are_needed_something_breaks() {
    for variant in VARIANTS.iter().filter(|variant| variant.caught.is_some()) {
        assert!(!variant.broken().is_empty(), "{}: {}", variant.name, variant.what);
    }
}

#[test]
fn what_does_not_wait_need_not_wait() {
    for variant in VARIANTS.iter().filter(|variant| variant.caught.is_none()) {
        assert_eq!(variant.broken(), Vec::new(), "{}: {}", variant.name, variant.what);
    }
}
