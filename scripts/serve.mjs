#!/usr/bin/env node
// Serves the page with the headers that browsers ask of a page with threads. A program for `make serve`, and a module for
// the page tests. Any other static server will do as well, if it sends the headers of ISOLATION.

import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

// Opener and embedder policy isolate a page of its own and one inside an isolated page; the resource policy lets pages of
// other origins embed it; the document policy isolates it inside a page that is not isolated (Chromium).
const ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Document-Isolation-Policy": "isolate-and-credentialless",
};

// Browsers refuse modules and wasm of another type.
const TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".ts": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
};

// "localhost" is one or the other, as the browser likes.
const LOOPBACKS = ["127.0.0.1", "::1"];

const WWW = fileURLToPath(new URL("../www/", import.meta.url));

/** Answers with a status and a line of text. */
function say(response, status, text, headers = {}) {
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", ...headers });
    response.end(response.req.method === "HEAD" ? undefined : `${text}\n`);
}

/** The file below root that a request's path names, with its stat; or undefined. */
async function find(root, pathname) {
    const decoded = decodeURIComponent(pathname);
    if (decoded.includes("\0")) return undefined;
    try {
        // Resolved to the real file, so that neither ".." nor a link leads out of root.
        const file = await realpath(path.join(root, decoded.endsWith("/") ? `${decoded}index.html` : decoded));
        return file.startsWith(root + path.sep) ? { file, info: await stat(file) } : undefined;
    } catch (error) {
        if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(error.code)) return undefined;
        throw error;
    }
}

/**
 * How long browsers may keep an answer. "no-cache": they keep it, but ask each time; so a build is seen at the next
 * reload. What is asked for by a checksum of its content, and has that content, they need not ask for again.
 */
async function caching(file, search) {
    const asked = new URLSearchParams(search).get("sha256");
    if (!asked) return "no-cache";
    const here = createHash("sha256").update(await readFile(file)).digest("hex");
    return asked === here ? "public, max-age=31536000, immutable" : "no-cache";
}

async function answer(root, request, response) {
    if (request.method !== "GET" && request.method !== "HEAD") {
        return say(response, 405, "Only GET and HEAD", { Allow: "GET, HEAD" });
    }
    let url, found;
    try {
        url = new URL(`http://localhost${request.url}`);
        found = await find(root, url.pathname);
    } catch (error) {
        if (error instanceof URIError || error instanceof TypeError) return say(response, 400, "Bad address");
        throw error;
    }
    // Relative links in a folder's index.html want the slash.
    if (found?.info.isDirectory()) {
        return say(response, 301, "Moved", { Location: `.${url.pathname.slice(url.pathname.lastIndexOf("/"))}/${url.search}` });
    }
    if (!found?.info.isFile()) return say(response, 404, `Not found: ${url.pathname}`);

    const tag = `"${found.info.size.toString(16)}-${found.info.mtimeMs.toString(16)}"`;
    const headers = { "Cache-Control": await caching(found.file, url.search), ETag: tag };
    if (request.headers["if-none-match"] === tag) {
        response.writeHead(304, headers);
        return response.end();
    }
    const body = await readFile(found.file);
    response.writeHead(200, {
        ...headers,
        "Content-Type": TYPES[path.extname(found.file)] ?? "application/octet-stream",
        "Content-Length": body.length,
    });
    response.end(request.method === "HEAD" ? undefined : body);
}

/** Listens, and resolves to whether it does: a machine may lack one of the loopback addresses. */
function listen(server, port, host) {
    return new Promise((resolve, reject) => {
        server.once("error", (error) => {
            if (["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(error.code)) resolve(false);
            else reject(error);
        });
        server.listen(port, host, () => resolve(true));
    });
}

/**
 * Serves a folder on this machine only. Port 0 is any free one. `answered` hears of each answer.
 * @param {{ root?: string, port?: number, isolation?: boolean, answered?: (path: string, status: number) => void }} [options]
 * @returns {Promise<{ url: string, close(): Promise<void> }>} rejects with EADDRINUSE if the port is taken
 */
export async function serve({ root = WWW, port = 0, isolation = true, answered } = {}) {
    const realRoot = await realpath(root);
    const servers = [];
    const close = async () => {
        await Promise.all(servers.map((server) => new Promise((done) => {
            server.close(done);
            server.closeAllConnections();
        })));
    };
    for (const host of LOOPBACKS) {
        const server = createServer((request, response) => {
            // On every answer: a worker's script is refused too if it comes without them.
            for (const [name, value] of isolation ? Object.entries(ISOLATION) : []) response.setHeader(name, value);
            response.on("finish", () => answered?.(request.url, response.statusCode));
            answer(realRoot, request, response).catch((error) => {
                console.error(`${request.method} ${request.url}: ${error.message}`);
                if (response.headersSent) response.destroy();
                else say(response, 500, "The server failed; its console says why");
            });
        });
        try {
            if (!await listen(server, port, host)) continue;
        } catch (error) {
            await close();
            throw error;
        }
        port = server.address().port;
        servers.push(server);
    }
    if (servers.length === 0) throw new Error(`no loopback address (${LOOPBACKS.join(", ")}) to listen on`);
    return { url: `http://localhost:${port}`, close };
}

async function main() {
    const { values } = parseArgs({
        options: {
            port: { type: "string" },
            root: { type: "string", default: WWW },
            "no-isolation": { type: "boolean", default: false },
        },
    });
    const isolation = !values["no-isolation"];
    const wanted = Number(values.port ?? 8080);
    if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65535) {
        throw new Error(`the port is "${values.port}"; it may be 0 (any free one) to 65535.`);
    }
    // A port that was asked for is not exchanged for another one.
    const last = values.port === undefined ? wanted + 20 : wanted;
    for (let port = wanted; port <= last; port++) {
        try {
            const { url } = await serve({ root: values.root, port, isolation });
            if (port !== wanted) console.log(`Port ${wanted} is taken, so another one is used.`);
            console.log(`Gilscope is at ${url} (Ctrl-C ends it)`);
            return;
        } catch (error) {
            if (error.code === "EACCES") throw new Error(`port ${port} is reserved; choose one above 1023: make serve PORT=8080`);
            if (error.code !== "EADDRINUSE") throw error;
        }
    }
    throw new Error(`port ${wanted} is taken; choose another one: make serve PORT=${wanted < 65535 ? wanted + 1 : 8080}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
    main().catch((error) => {
        console.error(`error: ${error.message}`);
        process.exitCode = 1;
    });
}
