//! What looks like the endpoint's and is somebody else's: names and marks that differ in a letter or in the uid.

use awssim::world::{ProvisionedConcurrency, Statement};

use crate::harness::aws::{ALIAS, API_ARN, Aws, FUNCTION};

/// An alias beside the endpoint's.
const BESIDE: &str = "live2";
/// What the operator writes on an alias that it made, of an object that is not there.
const MARK: &str = "Made by warmlambda for WarmLambdaEndpoint 0badc0de-0000-4000-8000-000000000001";

/// Puts them there.
pub fn plant(aws: &Aws) {
    aws.region(|region| {
        let made = region.create_alias(FUNCTION, BESIDE, "39", Default::default(), MARK);
        made.expect("alias");
        for (qualifier, sid) in [(BESIDE, "warmlambda-0badc0de-decoy"), (BESIDE, "by-hand")] {
            let statement = Statement::for_api(sid, API_ARN);
            region
                .add_permission(FUNCTION, Some(qualifier), statement, None)
                .expect("statement");
        }
        region.create_alias("shop", ALIAS, "3", Default::default(), MARK).expect("alias");
        let shop = region.functions.get_mut("shop").expect("the function");
        let warm = ProvisionedConcurrency {
            requested: 1,
            ..ProvisionedConcurrency::default()
        };
        shop.provisioned_concurrency.insert(ALIAS.into(), warm);
    });
}
