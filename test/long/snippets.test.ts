import { testDocuments } from "../repo/snippets/test-documents.ts";

testDocuments(["docs/**/*.md", "examples/**/*.md"], ["docs/tutorial/**"]);
