"""The official Python SDK against the gateway, unchanged."""
import asyncio
import io
import unittest

import openai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

from case import MESSAGES, MODEL, STRAIGHT, Case, main

CLIENT = OpenAI(max_retries=0, timeout=20)


class 结果(BaseModel):
    事项: str
    金额: int


TOOLS = [{"type": "function", "function": {
    "name": "查政策", "parameters": {"type": "object", "properties": {"事项": {"type": "string"}}}}}]
CALLS = [{"name": "查政策", "arguments": {"事项": "高龄津贴"}}]


def ask(**more):
    return CLIENT.chat.completions.create(**{"model": MODEL, "messages": MESSAGES, **more})


def text_of(stream):
    return "".join(c.choices[0].delta.content or "" for c in stream if c.choices)


class Chat(Case):
    def test_whole(self):
        """a chat in one piece, with the engine's usage"""
        self.engine.next({"kind": "plain", "text": "到社区窗口办理。"})
        reply = ask()
        self.assertEqual(reply.choices[0].message.content, "到社区窗口办理。")
        self.assertEqual(reply.choices[0].finish_reason, "stop")
        self.assertEqual(reply.usage.completion_tokens, 8)
        self.assertEqual(self.engine.last()["messages"], MESSAGES)

    def test_stream(self):
        """a stream, its usage only when asked for"""
        self.engine.always({"kind": "plain", "text": "到社区窗口办理。", "usage": "asked"})
        chunks = list(ask(stream=True))
        self.assertEqual(text_of(chunks), "到社区窗口办理。")
        self.assertFalse([c for c in chunks if c.usage])
        chunks = list(ask(stream=True, stream_options={"include_usage": True}))
        self.assertEqual(chunks[-1].choices, [])
        self.assertEqual(chunks[-1].usage.completion_tokens, 8)

    def test_stream_helper(self):
        """the helper for streams gathers the same answer"""
        self.engine.next({"kind": "plain", "text": "到社区窗口办理。"})
        with CLIENT.chat.completions.stream(model=MODEL, messages=MESSAGES) as stream:
            said = "".join(e.delta for e in stream if e.type == "content.delta")
            self.assertEqual(said, "到社区窗口办理。")
            self.assertEqual(stream.get_final_completion().choices[0].message.content, said)

    def test_many(self):
        """twenty at once, asynchronously, each its own answer"""
        texts = [f"第{i}个回答。" for i in range(20)]

        async def one(client, i):
            stream = await client.chat.completions.create(
                model=MODEL, stream=True, messages=[{"role": "user", "content": f"依据：\n{texts[i]}\n\n问题：{i}"}])
            return "".join([c.choices[0].delta.content or "" async for c in stream if c.choices])

        async def everything():
            async with AsyncOpenAI(max_retries=0, timeout=20) as client:
                return await asyncio.gather(*(one(client, i) for i in range(20)))

        self.engine.always({"kind": "echo"})
        self.assertEqual(asyncio.run(everything()), texts)

    def test_tools(self):
        """tools, in one piece and streamed"""
        self.engine.next({"kind": "tools", "calls": CALLS}, {"kind": "tools", "calls": CALLS})
        call = ask(tools=TOOLS).choices[0].message.tool_calls[0]
        self.assertEqual((call.function.name, call.function.arguments), ("查政策", '{"事项":"高龄津贴"}'))
        self.assertEqual(self.engine.last()["tools"], TOOLS)
        with CLIENT.chat.completions.stream(model=MODEL, messages=MESSAGES, tools=TOOLS) as stream:
            call = stream.get_final_completion().choices[0].message.tool_calls[0]
        self.assertEqual((call.id, call.function.arguments), ("call_1", '{"事项":"高龄津贴"}'))

    def test_schema(self):
        """an answer by a schema becomes an object"""
        self.engine.next({"kind": "plain", "text": '{"事项":"高龄津贴","金额":100}'})
        reply = CLIENT.chat.completions.parse(model=MODEL, messages=MESSAGES, response_format=结果)
        self.assertEqual(reply.choices[0].message.parsed, 结果(事项="高龄津贴", 金额=100))
        self.assertEqual(self.engine.last()["response_format"]["type"], "json_schema")

    def test_reasoning(self):
        """reasoning stays apart from the answer"""
        said = {"kind": "reasoning", "reasoning": "先看依据。", "text": "每月一百元。"}
        self.engine.next(said, said)
        message = ask(extra_body={"chat_template_kwargs": {"enable_thinking": True}}).choices[0].message
        self.assertEqual((message.content, message.reasoning_content), ("每月一百元。", "先看依据。"))
        self.assertEqual(self.engine.last()["chat_template_kwargs"], {"enable_thinking": True})
        deltas = [c.choices[0].delta for c in ask(stream=True) if c.choices]
        self.assertEqual("".join(getattr(d, "reasoning_content", None) or "" for d in deltas), "先看依据。")
        self.assertEqual("".join(d.content or "" for d in deltas), "每月一百元。")


class Rest(Case):
    def test_models(self):
        """models are listed"""
        self.assertIn(MODEL, [m.id for m in CLIENT.models.list()])

    def test_embeddings(self):
        """embeddings, packed by default and as numbers"""
        packed = CLIENT.embeddings.create(model="scripted-vectors", input=["高龄津贴", "养犬登记"])
        floats = CLIENT.embeddings.create(model="scripted-vectors", input=["高龄津贴", "养犬登记"], encoding_format="float")
        self.assertEqual([d.index for d in packed.data], [0, 1])
        for a, b in zip(packed.data[1].embedding, floats.data[1].embedding):
            self.assertAlmostEqual(a, b, places=6)

    def test_completion(self):
        """a completion of the older kind"""
        self.engine.next({"kind": "plain", "text": "，有一座城。"})
        self.assertEqual(CLIENT.completions.create(model=MODEL, prompt="从前").choices[0].text, "，有一座城。")

    def test_transcription(self):
        """a recording as a form, as JSON and as text"""
        self.engine.always({"kind": "plain", "text": "请问怎么办狗证"})
        for how in ("json", "text"):
            file = ("来电.wav", io.BytesIO(b"\r\n--\x00\xff" * 5000), "audio/wav")
            got = CLIENT.audio.transcriptions.create(model="scripted-speech", file=file, response_format=how)
            self.assertEqual((got if how == "text" else got.text).strip(), "请问怎么办狗证")
            self.assertEqual(self.engine.last()["file"]["bytes"], 30000)

    def test_rerank(self):
        """rerank, which the SDK has no verb for"""
        body = {"model": "scripted-ranks", "query": "养犬", "documents": ["医保", "养犬登记"], "return_documents": True}
        got = CLIENT.post("/rerank", cast_to=object, body=body)
        self.assertEqual(got["results"][0]["document"]["text"], "养犬登记")


@unittest.skipIf(STRAIGHT, "only the gateway does this")
class Wrong(Case):
    def test_key(self):
        """a key that nobody made"""
        with self.assertRaises(openai.AuthenticationError) as e:
            OpenAI(api_key="sk-tb-nobody", max_retries=0).chat.completions.create(model=MODEL, messages=MESSAGES)
        self.assertTrue(e.exception.body["message"])
        self.assertEqual(self.engine.requests(), [])

    def test_model(self):
        """a model that nobody serves"""
        with self.assertRaises(openai.NotFoundError) as e:
            ask(model="gpt-5")
        self.assertEqual(e.exception.code, "model_not_found")

    def test_nonsense(self):
        """a request that makes no sense"""
        with self.assertRaises(openai.BadRequestError):
            ask(messages="nonsense")

    def test_broken_stream(self):
        """a stream that breaks raises after what had come"""
        for kind in ("reset", "cut", "error"):
            self.engine.next({"kind": kind, "after": 4, "text": "满八十周岁的老年人，每月一百元。"})
            said, ends = "", []
            with self.assertRaises(openai.APIError, msg=kind):
                for c in ask(stream=True):
                    said += c.choices[0].delta.content or "" if c.choices else ""
                    ends += [c.choices[0].finish_reason] if c.choices and c.choices[0].finish_reason else []
            self.assertTrue(said and "满八十周岁的老年人，每月一百元。".startswith(said), said)
            self.assertEqual(ends, [])

    def test_retry(self):
        """the SDK comes back when it is told to"""
        busy = {"kind": "status", "status": 503, "retry_after": 1}
        self.engine.next(busy, busy)  # both engines are
        reply = CLIENT.with_options(max_retries=3).chat.completions.create(model=MODEL, messages=MESSAGES)
        self.assertEqual(reply.choices[0].message.content, "您好。")


if __name__ == "__main__":
    main()
