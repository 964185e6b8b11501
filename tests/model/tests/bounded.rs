//! A walk that takes seconds: the shipping rules break nothing, and without any one of them something does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use stateright::{Checker, HasDiscoveries, Model};
use warmlambda_model::model::Operators;
use warmlambda_model::rules::{Fence, Kind, Kinds, Rules};
use warmlambda_model::setting::Setting;
use warmlambda_model::state::Left;
use warmlambda_model::story;

/// What is broken in a setting under some rules, with the shortest way to it.
fn broken(setting: &str, rules: Rules) -> Vec<String> {
    let setting = Setting::all()
        .into_iter()
        .find(|s| s.name == setting)
        .expect("there is such a setting");
    // Reads that are behind are walked through by the long run only: see docs/design.md for what is left there.
    let left = Left {
        stale: 0,
        ..setting.bounded
    };
    let model = Operators::new(setting, rules, left);
    let checker = model.checker().threads(2).finish_when(HasDiscoveries::Any).spawn_bfs().join();
    let found = story::discoveries(&checker);
    found.into_iter().map(|(law, story)| format!("{law}\n{story}")).collect()
}

#[test]
fn the_shipping_rules_break_nothing_around_an_http_api() {
    assert_eq!(broken("http", Rules::SHIPPING), Vec::<String>::new());
}

#[test]
fn without_a_note_of_what_was_sent_something_breaks() {
    let rules = Rules {
        noted: Kinds::NONE,
        ..Rules::SHIPPING
    };
    assert!(!broken("http", rules).is_empty());
}

#[test]
fn an_object_that_does_not_wait_for_what_may_arrive_leaves_something_behind() {
    let rules = Rules {
        exempt: Kinds::of(&[Kind::RemoveFinalizer]),
        ..Rules::SHIPPING
    };
    let found = broken("http", rules);
    assert!(found.iter().any(|story| story.starts_with("S4")), "{found:?}");
}

#[test]
fn an_integration_that_does_not_wait_for_the_first_is_there_twice() {
    let rules = Rules {
        exempt: Kinds::of(&[Kind::CreateHttpIntegration]),
        ..Rules::SHIPPING
    };
    let found = broken("http", rules);
    assert!(found.iter().any(|story| story.starts_with("S5")), "{found:?}");
}

#[test]
fn the_alias_must_not_go_while_a_mapping_may_still_be_pointed_at_it() {
    let rules = Rules {
        exempt: Kinds::of(&[Kind::DeleteAlias]),
        ..Rules::SHIPPING
    };
    assert!(!broken("mapping", rules).is_empty());
}

#[test]
fn to_lead_now_is_not_to_have_led_all_the_while() {
    let rules = Rules {
        fence: Fence::LeadsNow,
        ..Rules::SHIPPING
    };
    assert!(!broken("http", rules).is_empty() || !broken("mapping", rules).is_empty());
}
