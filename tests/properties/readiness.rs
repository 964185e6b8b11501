//! Every endpoint comes to rest, says so truthfully, and stays there.

use proptest::prelude::*;

use crate::driver::Law;
use crate::life::{disturbed, faulty, quiet};
use crate::settings;

proptest! {
    #![proptest_config(settings(1, 150))]

    #[test]
    fn ready_is_said_exactly_when_aws_is_as_asked(life in disturbed()) {
        let end = life.live();
        prop_assert_eq!(end.endpoint.kept(Law::Truth), Ok(()));
    }

    #[test]
    fn from_any_world_an_endpoint_becomes_ready_or_says_what_stands_in_its_way(life in quiet()) {
        let end = life.live();
        prop_assert_eq!(end.at_rest(), Ok(()));
        let end = end.stays();
        prop_assert!(end.is_ok(), "{}", end.unwrap_err());
    }

    #[test]
    fn whatever_prefix_answer_or_status_is_lost_it_becomes_ready_all_the_same(life in faulty()) {
        let end = life.live();
        prop_assert_eq!(end.at_rest(), Ok(()));
        let end = end.stays();
        prop_assert!(end.is_ok(), "{}", end.unwrap_err());
    }
}
