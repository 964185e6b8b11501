//! Nobody else loses anything: neither what is theirs, nor a request.

use proptest::prelude::*;

use crate::driver::Law;
use crate::life::disturbed;
use crate::settings;

proptest! {
    #![proptest_config(settings(2, 150))]

    #[test]
    fn what_is_not_ours_survives_byte_for_byte(life in disturbed()) {
        prop_assert_eq!(life.live().endpoint.kept(Law::Foreign), Ok(()));
    }

}

proptest! {
    #![proptest_config(settings(3, 150))]

    #[test]
    fn who_was_served_once_is_served_at_every_moment_and_warm_when_it_was_asked_for(life in disturbed()) {
        prop_assert_eq!(life.live().endpoint.kept(Law::Traffic), Ok(()));
    }
}
