"""LangChain against the gateway, unchanged."""
import asyncio

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel, Field

from case import MODEL, Case, main

LLM = ChatOpenAI(model=MODEL, max_retries=0, timeout=20)
ASK = [SystemMessage("你是政务助手。"), HumanMessage("高龄津贴怎么领？")]


class 答复(BaseModel):
    """给来信人的答复"""
    事项: str = Field(description="事项名称")
    金额: int


@tool
def 查政策(事项: str) -> str:
    """按事项查政策"""
    return f"{事项}：每月一百元"


class LangChain(Case):
    def test_invoke(self):
        """invoke, with usage"""
        self.engine.next({"kind": "plain", "text": "到社区窗口办理。"})
        got = LLM.invoke(ASK)
        self.assertEqual(got.content, "到社区窗口办理。")
        self.assertEqual(got.usage_metadata["output_tokens"], 8)

    def test_stream(self):
        """stream and astream, with usage"""
        self.engine.always({"kind": "plain", "text": "到社区窗口办理。", "usage": "asked"})
        llm = ChatOpenAI(model=MODEL, max_retries=0, stream_usage=True)
        chunks = list(llm.stream(ASK))
        self.assertEqual("".join(c.content for c in chunks), "到社区窗口办理。")
        self.assertEqual([c.usage_metadata["output_tokens"] for c in chunks if c.usage_metadata], [8])

        async def said():
            return "".join([c.content async for c in llm.astream(ASK)])
        self.assertEqual(asyncio.run(said()), "到社区窗口办理。")

    def test_batch(self):
        """batch, each its own answer"""
        self.engine.always({"kind": "echo"})
        got = LLM.batch([[HumanMessage(f"依据：\n第{i}条 应当登记。\n\n问题：{i}")] for i in range(8)])
        self.assertEqual([m.content for m in got], [f"第{i}条 应当登记。" for i in range(8)])

    def test_tools(self):
        """bound tools are called and answered"""
        llm = LLM.bind_tools([查政策])
        self.engine.next({"kind": "tools", "calls": [{"name": "查政策", "arguments": {"事项": "高龄津贴"}}]},
                         {"kind": "plain", "text": "每月一百元。"})
        call = llm.invoke(ASK)
        self.assertEqual(call.tool_calls[0]["args"], {"事项": "高龄津贴"})
        result = 查政策.invoke(call.tool_calls[0])
        self.assertIsInstance(result, ToolMessage)
        self.assertEqual(llm.invoke([*ASK, call, result]).content, "每月一百元。")
        self.assertEqual(self.engine.last()["messages"][-1]["content"], "高龄津贴：每月一百元")

    def test_tools_streamed(self):
        """calls that come in pieces are one call"""
        self.engine.next({"kind": "tools", "calls": [{"name": "查政策", "arguments": {"事项": "养犬登记"}}]})
        whole = None
        for chunk in LLM.bind_tools([查政策]).stream(ASK):
            whole = chunk if whole is None else whole + chunk
        self.assertEqual(whole.tool_calls[0]["args"], {"事项": "养犬登记"})

    def test_structured(self):
        """structured output, by schema and by function"""
        said = '{"事项":"高龄津贴","金额":100}'
        self.engine.next({"kind": "plain", "text": said})
        got = LLM.with_structured_output(答复, method="json_schema").invoke(ASK)
        self.assertEqual(got, 答复(事项="高龄津贴", 金额=100))
        self.engine.next({"kind": "tools", "calls": [{"name": "答复", "arguments": said}]})
        got = LLM.with_structured_output(答复, method="function_calling").invoke(ASK)
        self.assertEqual(got, 答复(事项="高龄津贴", 金额=100))

    def test_embeddings(self):
        """embeddings of several documents"""
        vectors = OpenAIEmbeddings(model="scripted-vectors", check_embedding_ctx_length=False)
        got = vectors.embed_documents(["高龄津贴", "养犬登记"])
        self.assertEqual(len(got), 2)
        self.assertEqual(vectors.embed_query("养犬登记"), got[1])


if __name__ == "__main__":
    main()
