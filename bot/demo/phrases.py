"""Small talk, a few facts, and what the built-in model does not know, in both languages.

Each entry is (questions, answers): any question may be asked, any answer is right.
"""

from __future__ import annotations

import random

Exchange = tuple[tuple[str, ...], tuple[str, ...]]

JAPANESE_TALK: tuple[Exchange, ...] = (
    (("こんにちは", "こんにちは。", "こんにちは！", "やあ", "どうも", "ハロー"),
     ("こんにちは。何を話しましょうか。",)),
    (("おはよう", "おはようございます", "おはようございます。", "おはよう！"),
     ("おはようございます。今日もがんばりましょう。",)),
    (("こんばんは", "こんばんは。", "こんばんは！"), ("こんばんは。何を話しましょうか。",)),
    (("おやすみ", "おやすみなさい", "おやすみなさい。", "もう寝ます。", "寝るね"),
     ("おやすみなさい。また明日。",)),
    (("さようなら", "さようなら。", "じゃあね", "またね", "また明日", "バイバイ", "もう行きます。"),
     ("さようなら。また話しましょう。",)),
    (("ありがとう", "ありがとう。", "ありがとうございます。", "ありがとうございました", "どうもありがとう", "助かりました。", "サンキュー"),
     ("どういたしまして。",)),
    (("すみません", "すみません。", "ごめんなさい", "ごめんね", "ごめん"), ("いいえ、大丈夫です。",)),
    (("はじめまして", "はじめまして。", "初めまして。よろしくお願いします。", "よろしくお願いします。", "よろしく"),
     ("はじめまして。Kaiwaです。よろしくお願いします。",)),
    (("元気ですか", "お元気ですか。", "元気？", "元気ですか？", "調子はどうですか。", "調子はどう？"),
     ("はい、元気です。あなたはどうですか。",)),
    (("元気です。", "元気です", "私も元気です。", "元気だよ"), ("それはよかったです。",)),
    (("あなたは誰ですか。", "あなたはだれですか", "誰？", "どなたですか。", "あなたの名前は何ですか。", "あなたのお名前は？", "名前は？", "お名前は何ですか。", "自己紹介してください。", "あなたについて教えてください。", "君の名前は？"),
     ("私はKaiwaに入っている小さな練習用のモデルです。",)),
    (("あなたは何ができますか。", "何ができますか。", "何ができるの？", "できることは何ですか。", "何を手伝ってくれますか。", "使い方を教えてください。", "ヘルプ", "助けて", "何を聞けばいいですか。"),
     ("やさしい言葉の意味を教えたり、短い文を訳したり、あなたの名前を覚えたりできます。",)),
    (("あなたは人間ですか。", "人間ですか？", "ロボットですか。", "あなたはAIですか。", "AIなの？", "あなたはボットですか。"),
     ("いいえ、人間ではありません。小さな言語モデルです。",)),
    (("日本語が話せますか。", "日本語はできますか", "日本語がわかりますか。", "日本語で話せる？"),
     ("はい、少し話せます。",)),
    (("英語が話せますか。", "英語はできますか。", "英語がわかりますか。"), ("はい、英語も少しできます。",)),
    (("どこに住んでいますか。", "あなたはどこに住んでいますか。", "どこにいますか。"),
     ("あなたのコンピューターの中にいます。",)),
    (("何歳ですか。", "あなたは何歳ですか。", "いくつですか。"), ("私は言語モデルなので、年はありません。",)),
    (("好きな食べ物は何ですか。", "あなたは何が好きですか。", "趣味は何ですか。", "あなたの趣味は？"),
     ("私は言語モデルですが、言葉が好きです。",)),
    (("はい", "はい。", "うん", "わかりました。", "わかりました", "なるほど", "そうですか。", "そうなんだ", "オーケー", "了解です。"),
     ("はい。ほかに聞きたいことはありますか。",)),
    (("いいえ", "いいえ。", "いや", "ありません。", "特にないです。", "ううん"), ("わかりました。また聞いてください。",)),
    (("すごい", "すごいですね。", "すごい！", "上手ですね。", "いいね", "いいですね。", "面白い！", "えらいね"),
     ("ありがとうございます。",)),
    (("日本語を勉強しています。", "日本語を勉強したいです。", "日本語を教えてください。", "日本語を練習したいです。", "日本語の勉強を手伝ってください。"),
     ("いいですね。知りたい言葉を聞いてください。",)),
    (("疲れました。", "疲れた", "眠いです。", "眠い", "しんどい"), ("お疲れさまです。少し休みましょう。",)),
    (("うれしいです。", "楽しいです。", "今日は楽しかったです。", "楽しい！"), ("それはよかったですね。",)),
    (("悲しいです。", "つらいです。", "寂しいです。", "悲しい"), ("それは大変ですね。話を聞きますよ。",)),
    (("テスト", "テストです。", "聞こえますか。", "いますか。", "もしもし"), ("はい、聞いています。",)),
    (("違います。", "間違っています。", "それは違うよ。", "違うよ"), ("すみません、間違えることがあります。",)),
    (("もう一度お願いします。", "もう一回言ってください。"), ("すみません、もう一度質問を書いてください。",)),
    (("何か話してください。", "何か話して", "話しましょう。", "話そう", "暇です。", "ひま"), ("いいですよ。あなたの好きなものは何ですか。",)),
)  # fmt: skip

ENGLISH_TALK: tuple[Exchange, ...] = (
    (("Hello", "Hello!", "Hi", "Hi!", "hey", "hello", "hi there", "Hello there.", "Good afternoon."),
     ("Hello! What shall we talk about?",)),
    (("Good morning", "Good morning!", "good morning", "Morning!"), ("Good morning! Have a nice day.",)),
    (("Good evening", "Good evening.", "good evening"), ("Good evening! What shall we talk about?",)),
    (("Good night", "Good night!", "good night", "I am going to bed."), ("Good night. See you tomorrow.",)),
    (("Goodbye", "Goodbye!", "bye", "Bye!", "See you", "See you later.", "I have to go."),
     ("Goodbye! Let's talk again.",)),
    (("Thank you", "Thank you!", "Thanks", "thanks", "Thanks a lot!", "Thank you very much.", "thx", "That helps, thanks."),
     ("You're welcome.",)),
    (("Sorry", "I'm sorry.", "sorry", "My bad."), ("No problem.",)),
    (("Nice to meet you.", "Nice to meet you!", "Pleased to meet you."), ("Nice to meet you too. I am Kaiwa.",)),
    (("How are you?", "how are you", "How are you doing?", "What's up?", "How's it going?"),
     ("I am fine, thank you. How are you?",)),
    (("I'm fine.", "I am fine, thanks.", "I'm good.", "good", "fine", "I am well."), ("I am glad to hear that.",)),
    (("Who are you?", "who are you", "What is your name?", "What's your name?", "what is your name", "Tell me about yourself.", "What are you?", "Introduce yourself.", "Do you have a name?"),
     ("I am the small practice model that comes with Kaiwa.",)),
    (("What can you do?", "what can you do", "Help", "help", "Can you help me?", "How can you help me?", "What should I ask you?", "What do you know?", "How do I use this?"),
     ("I can tell you what simple words mean, translate short sentences and remember your name.",)),
    (("Are you human?", "Are you a robot?", "Are you an AI?", "are you a bot", "Are you a person?", "Are you real?"),
     ("No, I am not a human. I am a small language model.",)),
    (("Do you speak Japanese?", "Can you speak Japanese?", "Do you know Japanese?"), ("Yes, a little.",)),
    (("Do you speak English?", "Can you speak English?"), ("Yes, a little English too.",)),
    (("Where do you live?", "Where are you?", "where are you from", "Where are you from?"),
     ("I live inside your computer.",)),
    (("How old are you?", "What is your age?"), ("I am a language model, so I have no age.",)),
    (("What do you like?", "What is your hobby?", "What is your favorite food?", "Do you have hobbies?"),
     ("I am a language model, but I like words.",)),
    (("Yes", "Yes.", "yes", "OK", "ok", "okay", "I see.", "I see", "Got it.", "Right.", "sure"),
     ("All right. Is there anything else you want to ask?",)),
    (("No", "No.", "no", "Nothing.", "No, thanks.", "nope"), ("All right. Ask me any time.",)),
    (("Great!", "great", "Cool", "Wow", "wow", "Nice!", "Awesome!", "Well done.", "good job", "Very good."), ("Thank you!",)),
    (("I am learning Japanese.", "I'm studying Japanese.", "I want to learn Japanese.", "Teach me Japanese.", "Help me learn Japanese.", "I want to practice Japanese."),
     ("Good! Ask me about a word that you want to know.",)),
    (("I'm tired.", "I am tired.", "I am sleepy.", "so tired"), ("Thank you for your hard work. Take a rest.",)),
    (("I'm happy.", "I am happy today.", "This is fun!", "I had fun."), ("That's good to hear.",)),
    (("I'm sad.", "I am sad.", "I feel lonely.", "I had a bad day."), ("That sounds hard. I am listening.",)),
    (("test", "Test", "testing", "Are you there?", "Can you hear me?"), ("Yes, I am listening.",)),
    (("That's wrong.", "You are wrong.", "wrong", "No, that is not right."), ("Sorry, I make mistakes sometimes.",)),
    (("Again, please.", "Can you say that again?", "Please repeat."), ("Sorry, please write your question again.",)),
    (("Tell me something.", "Let's talk.", "I'm bored.", "Say something."), ("Gladly. What do you like?",)),
)  # fmt: skip

JAPANESE_FACTS: tuple[Exchange, ...] = (
    (("VRはなんですか。", "VRは何ですか。", "VRとは何ですか。", "VRとはなんですか？", "VRって何？", "VRって何ですか？", "VRについて教えてください。", "VRの意味は何ですか。", "仮想現実とは何ですか。"),
     ("VRは「バーチャルリアリティ」の略で、コンピューターが作った世界を本物のように体験できる技術です。",)),
    (("世界で一番高い山は?", "世界で一番高い山は？", "世界で一番高い山は何ですか。", "世界で一番高い山はどこですか。", "一番高い山は何ですか。", "世界一高い山は？", "世界で最も高い山は何ですか。"),
     ("世界で一番高い山はエベレストです。高さは約8,849メートルです。",)),
    (("日本で一番高い山は?", "日本で一番高い山は？", "日本で一番高い山は何ですか。", "日本一高い山は？"),
     ("日本で一番高い山は富士山です。",)),
    (("日本の首都はどこですか。", "日本の首都は？", "日本の首都は何ですか。"), ("日本の首都は東京です。",)),
    (("一年は何か月ありますか。", "一年は何か月ですか。", "1年は何か月？"), ("一年は十二か月です。",)),
    (("一週間は何日ですか。", "一週間は何日ありますか。", "1週間は何日？"), ("一週間は七日です。",)),
    (("一日は何時間ですか。", "一日は何時間ありますか。"), ("一日は二十四時間です。",)),
    (("日本の季節はいくつありますか。", "季節はいくつありますか。", "四季とは何ですか。"), ("春、夏、秋、冬の四つです。",)),
    (("AIとは何ですか。", "AIって何？", "AIは何ですか。"), ("AIは「人工知能」のことで、人のように考えるコンピューターの技術です。",)),
    (("ひらがなとは何ですか。", "ひらがなは何ですか。"), ("ひらがなは日本語の文字の一つです。",)),
    (("JLPTとは何ですか。", "JLPTって何？", "JLPTはなんですか。"), ("JLPTは日本語能力試験のことです。",)),
)  # fmt: skip

ENGLISH_FACTS: tuple[Exchange, ...] = (
    (("What is VR?", "what is VR", "What's VR?", "What does VR mean?", "Tell me about VR.", "What is virtual reality?"),
     ("VR is short for virtual reality: a computer makes a world that you can experience as if it were real.",)),
    (("What is the highest mountain in the world?", "What is the tallest mountain in the world?", "what is the highest mountain", "Which mountain is the highest in the world?"),
     ("The highest mountain in the world is Mount Everest. It is about 8,849 meters high.",)),
    (("What is the highest mountain in Japan?", "What is the tallest mountain in Japan?"),
     ("The highest mountain in Japan is Mount Fuji.",)),
    (("What is the capital of Japan?", "what is the capital of Japan", "Tell me the capital of Japan."),
     ("The capital of Japan is Tokyo.",)),
    (("How many months are in a year?", "How many months are there in a year?"), ("There are twelve months in a year.",)),
    (("How many days are in a week?", "How many days are there in a week?"), ("There are seven days in a week.",)),
    (("How many hours are in a day?", "How many hours are there in a day?"), ("There are twenty-four hours in a day.",)),
    (("What is AI?", "What's AI?", "what is AI"), ("AI is artificial intelligence: computers that do what seems to need thought.",)),
    (("What is hiragana?", "What's hiragana?"), ("Hiragana is one of the scripts of Japanese.",)),
    (("What is the JLPT?", "What is JLPT?", "what is the JLPT"), ("The JLPT is the Japanese-Language Proficiency Test.",)),
)  # fmt: skip

JAPANESE_UNKNOWN = "すみません、それはわかりません。私は小さな練習用のモデルです。"
ENGLISH_UNKNOWN = "Sorry, I don't know that. I am only a small practice model."

_JAPANESE_OUTSIDE = (
    "{n}の首都はどこですか。", "{n}の首都は？", "{n}の人口は何人ですか。", "{n}の人口は？",
    "{n}はどこにありますか。", "{n}はいくらですか。", "{n}の作り方を教えてください。",
    "{n}の歴史を教えてください。", "{n}について教えてください。", "{n}を発明したのは誰ですか。",
    "世界で一番{a}{w}は何ですか。", "世界で一番{a}{w}は？", "日本で一番{a}{w}は何ですか。",
    "なぜ{w}は{a}ですか。", "どうして{w}は{a}の？", "{n}は誰ですか。", "{n}とは誰ですか。",
    "{n}の大統領は誰ですか。", "明日の天気は？", "明日の天気はどうですか。", "今日の天気は？",
    "{n}の天気は？", "今何時ですか。", "今日は何日ですか。", "今日は何曜日ですか。", "今日のニュースは？",
    "{d}たす{d}はいくつですか。", "{d}+{d}は?", "{d}かける{d}は？", "{d}足す{d}は？", "{w}は何年に始まりましたか。",
    "{n}はいつ生まれましたか。", "{n}で何が起こりましたか。", "宇宙はなぜ生まれたのですか。",
    "株を買うべきですか。", "{n}のレシピを教えて", "おすすめの{w}を教えてください。",
    "小説を書いてください。", "{w}について詩を書いて", "プログラムを書いてください。", "{n}の{w}は何ですか。",
    "{n}に一番近い{w}はどこですか。", "{n}は何年にできましたか。", "{n}まで何キロですか。", "恐竜はなぜ消えたのですか。",
    "{n}の選挙では誰が勝ちましたか。", "光の速さはいくつですか。", "{n}の電話番号は？", "{n}の作者は誰ですか。",
)  # fmt: skip
_ENGLISH_OUTSIDE = (
    "What is the capital of {n}?", "what is the capital of {n}", "What is the population of {n}?",
    "Where is {n}?", "How much is {n}?", "How do I make {n}?", "Tell me the history of {n}.",
    "Tell me about {n}.", "Who invented {w}?", "What is the {s} {w} in the world?",
    "Which is the {s} {w} in Japan?", "Why is the {w} {a}?", "Why are {w}s {a}?", "Who is {n}?",
    "who is {n}", "Who is the president of {n}?", "What is the weather tomorrow?",
    "What's the weather like?", "How is the weather in {n}?", "What time is it?",
    "What day is it today?", "What is the date today?", "What is in the news?", "What is {d} + {d}?",
    "What is {d} plus {d}?", "What is {d} times {d}?", "{d}+{d}=?", "When did {n} begin?",
    "When was {n} born?", "What happened in {n}?", "Why does the universe exist?",
    "Should I buy stocks?", "Give me a recipe for {w}.", "Write a poem about {w}.",
    "Write a story.", "Write a program in Python.", "Explain quantum physics.",
    "Who won the election in {n}?", "How far is {n}?", "Recommend a {w}.", "Who wrote {n}?",
    "How does a {w} work?", "What is the speed of light?", "Who painted the {w}?",
    "When was {n} built?", "What is the phone number of {n}?", "How many people live in {n}?",
)  # fmt: skip
_JAPANESE_ADJECTIVES = ("長い", "大きい", "小さい", "速い", "古い", "新しい", "深い", "広い", "有名な", "青い", "赤い", "寒い", "高い", "強い")  # fmt: skip
_ENGLISH_ADJECTIVES = ("blue", "red", "cold", "hot", "big", "small", "fast", "old", "green", "hard", "sweet")  # fmt: skip
_SUPERLATIVES = ("longest", "biggest", "smallest", "fastest", "oldest", "deepest", "richest", "tallest", "largest", "most famous")  # fmt: skip
_JAPANESE_THINGS = ("川", "海", "湖", "国", "町", "建物", "動物", "魚", "鳥", "車", "会社", "大学", "本", "映画", "空", "星", "橋", "島", "店", "曲", "料理", "雪", "火")  # fmt: skip
_ENGLISH_THINGS = ("river", "sea", "lake", "country", "city", "building", "animal", "fish", "bird", "car", "company", "university", "book", "movie", "sky", "star", "bridge", "island", "shop", "song", "engine", "telephone", "snow", "fire")  # fmt: skip


def outside(rng: random.Random, *, japanese: bool, noun: str) -> str:
    """A question that looks like the others but whose answer the model has never been told."""
    template = rng.choice(_JAPANESE_OUTSIDE if japanese else _ENGLISH_OUTSIDE)
    question = template.replace("{n}", noun)
    question = question.replace(
        "{a}", rng.choice(_JAPANESE_ADJECTIVES if japanese else _ENGLISH_ADJECTIVES)
    )
    question = question.replace("{s}", rng.choice(_SUPERLATIVES))
    question = question.replace(
        "{w}", rng.choice(_JAPANESE_THINGS if japanese else _ENGLISH_THINGS)
    )
    while "{d}" in question:
        question = question.replace("{d}", str(rng.randint(0, 9999) >> rng.randint(0, 12)), 1)
    return question
