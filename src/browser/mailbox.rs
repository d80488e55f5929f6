//! What JavaScript's callbacks put in and a Rust task takes out, within one worker.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A queue between callbacks and one task.
#[derive(Debug)]
pub struct Mailbox<T>(Rc<RefCell<(VecDeque<T>, Option<Waker>)>>);

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Mailbox<T> {
        Mailbox(Rc::clone(&self.0))
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Mailbox<T> {
        Mailbox(Rc::default())
    }
}

impl<T> Mailbox<T> {
    /// Puts a letter in and wakes the task that waits for it.
    pub fn put(&self, letter: T) {
        self.0.borrow_mut().0.push_back(letter);
        self.wake();
    }

    /// Wakes the task that waits, for it to look whether it goes on waiting.
    pub fn wake(&self) {
        let waker = self.0.borrow_mut().1.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The next letter; nothing if there is none and `waits` says no, now or when the task is woken.
    pub async fn take_if(&self, waits: impl Fn() -> bool) -> Option<T> {
        poll_fn(|context| {
            let mut inner = self.0.borrow_mut();
            match inner.0.pop_front() {
                Some(letter) => Poll::Ready(Some(letter)),
                None if !waits() => Poll::Ready(None),
                None => {
                    inner.1 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}
