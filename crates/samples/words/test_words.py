"""Tests of the class by itself: python3 -m unittest discover crates/samples/words"""

import unittest

from words import Words


class WordsTest(unittest.TestCase):
    def setUp(self):
        self.words = Words()

    def test_words_are_counted_in_any_case(self):
        self.assertEqual(self.words.execute("To be or not to be"), {"to": 2, "be": 2, "or": 1})

    def test_the_config_sets_the_shortest_word(self):
        self.words.initialize({"shortest": 3})
        self.assertEqual(self.words.execute("To be or not to be"), {"not": 1})
        self.assertEqual(self.words.get_current_config(), {"shortest": 3, "top": 3})

    def test_an_unknown_key_is_refused(self):
        with self.assertRaises(TypeError):
            self.words.initialize({"shortes": 3})

    def test_a_stream_has_an_answer_for_each_text_and_reports_progress(self):
        answers = self.words.execute_stream(["a a", "b"])
        self.assertEqual(next(answers), {"a": 2})
        self.assertEqual(list(answers), [{"b": 1}])
        self.assertEqual(self.words._progress, 1.0)


if __name__ == "__main__":
    unittest.main()
