//! The engine against a model of it, with a time of their own: whatever happens in whatever order,
//! both agree.

mod model;
mod subject;

use proptest::test_runner::Config;
use proptest_state_machine::prop_state_machine;

use crate::runs::engine::tests::subject::Subject;

prop_state_machine! {
    #![proptest_config(Config { cases: 1_500, ..Config::default() })]

    #[test]
    fn every_interleaving_goes_as_the_model_says(sequential 1..120 => Subject);
}
