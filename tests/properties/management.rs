//! Who only looks does not write, and a number that is somebody else's is left alone.

use proptest::prelude::*;
use warmlambda::api::ManagementPolicy;
use warmlambda::plan::memory::Memory;
use warmlambda::plan::step::{MovePurpose, Step};
use warmlambda::plan::steps::plan;

use crate::cloud::{self, Look};
use crate::driver::{Endpoint, Fault, timestamp};
use crate::life::{disturbed, quiet};
use crate::settings;

proptest! {
    #![proptest_config(settings(6, 40))]

    #[test]
    fn observe_lists_the_calls_that_manage_would_make_and_makes_none(life in quiet()) {
        let mut scene = life.scene();
        let manage = life.spec.desired(&scene);
        let mut spec = life.spec.clone();
        spec.management = ManagementPolicy::Observe;
        let observe = spec.desired(&scene);
        let now = timestamp(&scene.region);
        let observed = cloud::observe(&mut scene.region, &manage, &Memory::default(), Look::default());
        let would = plan(&manage, &observed, &Memory::default(), now);
        let told = plan(&observe, &observed, &Memory::default(), now);
        // Manage first records why it rejects a version, and rolls back in the pass after that.
        let rolls_back = |step: &Step| matches!(step, Step::UpdateAlias { purpose: MovePurpose::RollBack, .. });
        let told_steps: Vec<_> = told.steps.iter().filter(|s| would.reject.is_none() || !rolls_back(&s.step)).cloned().collect();
        prop_assert_eq!(&told_steps, &would.steps);

        let before = scene.region.clone();
        let mut endpoint = Endpoint::new(observe.clone(), &scene.region);
        for _ in 0..3 {
            endpoint.pass(&mut scene.region, Fault::None, 0);
        }
        prop_assert_eq!(&before, &scene.region);
        let calls: Vec<_> = endpoint.status.plan.iter().map(|call| call.call.clone()).collect();
        let steps: Vec<_> = told.steps.iter().map(|s| s.step.describe(&observe)).collect();
        prop_assert_eq!(calls, steps);
        let is = |kind: &str| endpoint.status.conditions.iter().any(|c| c.type_ == kind);
        prop_assert!(!is("Reconciling") && !is("Stalled"));
    }

    #[test]
    fn a_number_that_is_somebody_elses_is_neither_put_nor_deleted(mut life in disturbed()) {
        life.spec.capacity = None;
        let end = life.live();
        let touched = end.endpoint.written.iter().find(|s| matches!(s, Step::PutCapacity { .. } | Step::DeleteCapacity));
        prop_assert_eq!(touched, None);
    }
}
