use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const FRAMES: usize = 5 * LARGEST + 77;

/// What each frame must be, kept the simple way: one flag a frame.
struct Model {
    buddy: Buddy<'static>,
    free: Vec<bool>,
    /// Runs in use, by their first frame.
    runs: BTreeMap<usize, usize>,
}

impl Model {
    fn new(holes: &[usize]) -> Model {
        let words = vec![u64::MAX; Buddy::words(FRAMES)].leak();
        let mut model =
            Model { buddy: Buddy::new(FRAMES, words), free: vec![false; FRAMES], runs: BTreeMap::new() };
        let mut start = 0;
        for end in holes.iter().copied().chain([FRAMES]).filter(|&end| end <= FRAMES) {
            if start < end {
                model.buddy.free_run(start, end - start);
                model.free[start..end].fill(true);
            }
            start = start.max(end + 1);
        }
        model
    }

    fn alloc(&mut self, run: Run) {
        match self.buddy.alloc_run(run) {
            Some(first) => {
                assert!(first.is_multiple_of(run.align), "{first} for {run:?}");
                assert!(first + run.count <= run.limit, "{first} for {run:?}");
                let frames = &mut self.free[first..first + run.count];
                assert!(frames.iter().all(|&free| free), "{first} for {run:?}: a part was in use");
                frames.fill(false);
                self.runs.insert(first, run.count);
            }
            None => {
                let length = run.count.max(run.align).next_power_of_two();
                let step = length.min(LARGEST).max(run.align);
                let length = if length > LARGEST { run.count.next_multiple_of(LARGEST) } else { length };
                let there = (0..FRAMES.saturating_sub(length - 1)).step_by(step).find(|&first| {
                    first + run.count <= run.limit
                        && self.free[first..first + length].iter().all(|&free| free)
                });
                assert_eq!(there, None, "{run:?} was refused");
            }
        }
        self.check();
    }

    fn alloc_some(&mut self, most: usize, limit: usize) {
        match self.buddy.alloc_some(most, limit) {
            Some((first, count)) => {
                assert!((1..=most).contains(&count) && first + count <= limit, "{count} at {first}");
                let frames = &mut self.free[first..first + count];
                assert!(frames.iter().all(|&free| free), "{count} at {first}: a part was in use");
                frames.fill(false);
                self.runs.insert(first, count);
            }
            None => assert!(self.buddy.free_frames() == 0 || limit < FRAMES),
        }
        self.check();
    }

    /// Gives back a run, or only its end.
    fn free(&mut self, which: usize, keep: usize) {
        let Some((&first, &count)) = self.runs.iter().nth(which % self.runs.len().max(1)) else { return };
        let keep = keep % count;
        self.runs.remove(&first);
        if keep > 0 {
            self.runs.insert(first, keep);
        }
        self.buddy.free_run(first + keep, count - keep);
        self.free[first + keep..first + count].fill(true);
        self.check();
    }

    fn check(&self) {
        assert_eq!(self.buddy.free_frames(), self.free.iter().filter(|&&free| free).count());
    }

    fn blocks(&self) -> [usize; MAX_ORDER + 1] {
        self.buddy.orders.map(|bits| bits.count)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Alloc { count: usize, align: u32, limit: usize },
    AllocSome { most: usize, limit: usize },
    Free { which: usize, keep: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let count = prop_oneof![8 => 1..20_usize, 2 => 1..600_usize, 1 => 500..2000_usize];
    let align = prop_oneof![5 => Just(0), 2 => 0..11_u32];
    let limit = || prop_oneof![3 => Just(usize::MAX), 1 => 0..FRAMES];
    let keep = prop_oneof![3 => Just(0), 1 => 0..2000_usize];
    prop_oneof![
        3 => (count, align, limit()).prop_map(|(count, align, limit)| Step::Alloc { count, align, limit }),
        1 => (1..100_usize, limit()).prop_map(|(most, limit)| Step::AllocSome { most, limit }),
        2 => (any::<usize>(), keep).prop_map(|(which, keep)| Step::Free { which, keep }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// No frame is in two hands, a run is refused only when there is none, and in the end all blocks have grown together.
    #[test]
    fn any_order_of_steps_agrees_with_a_flag_for_each_frame(
        holes in prop::collection::btree_set(0..FRAMES, 0..4),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let holes: Vec<usize> = holes.into_iter().collect();
        let mut model = Model::new(&holes);
        let (blocks, free) = (model.blocks(), model.buddy.free_frames());
        for step in steps {
            match step {
                Step::Alloc { count, align, limit } => model.alloc(Run { count, align: 1 << align, limit }),
                Step::AllocSome { most, limit } => model.alloc_some(most, limit),
                Step::Free { which, keep } => model.free(which, keep),
            }
        }
        while !model.runs.is_empty() {
            model.free(0, 0);
        }
        prop_assert_eq!(model.buddy.free_frames(), free);
        prop_assert_eq!(model.blocks(), blocks);
    }
}

#[test]
fn every_frame_is_handed_out_once() {
    let mut model = Model::new(&[3]);
    let mut all: Vec<usize> = std::iter::from_fn(|| model.buddy.alloc_run(Run::of(1))).collect();
    assert_eq!(all[0], 2, "what is no part of a larger block goes first");
    all.sort_unstable();
    assert!(all.iter().copied().eq((0..FRAMES).filter(|&frame| frame != 3)));
    // Even ones, then odd ones, so that none finds its buddy free, then all do.
    let (even, odd): (Vec<usize>, Vec<usize>) = all.into_iter().partition(|frame| frame.is_multiple_of(2));
    even.into_iter().chain(odd).for_each(|frame| model.buddy.free_run(frame, 1));
    assert_eq!(model.blocks(), Model::new(&[3]).blocks());
}

#[test]
fn a_run_longer_than_the_largest_block_lies_across_blocks_that_touch() {
    let mut model = Model::new(&[2 * LARGEST + 1]);
    let run = model.buddy.alloc_run(Run::of(2 * LARGEST + 5));
    assert_eq!(run, None, "three blocks in a row are free nowhere");
    assert_eq!(model.buddy.alloc_run(Run::of(LARGEST + 5)), Some(0));
    assert_eq!(model.buddy.free_frames(), FRAMES - 1 - LARGEST - 5, "what the run leaves over is free");
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "freed twice")]
fn a_frame_that_is_freed_twice_is_found_out() {
    let mut model = Model::new(&[]);
    let frame = model.buddy.alloc_run(Run::of(1)).unwrap();
    model.buddy.free_run(frame, 1);
    model.buddy.free_run(frame, 1);
}
