"""The same routes on FastAPI with slowapi and PyJWT. Arguments: the settings' file, the port."""

import json
import sys
from pathlib import Path
from typing import Annotated

import jwt
import uvicorn
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from slowapi import Limiter, _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded
from slowapi.util import get_remote_address

settings = json.loads(Path(sys.argv[1]).read_text())
keys = {key["id"]: load_pem_public_key(key["key"].encode()) for key in settings["keys"]}
UNREACHED = "100000000/hour"

app = FastAPI()
limiter = Limiter(key_func=get_remote_address)
app.state.limiter = limiter
app.add_exception_handler(RateLimitExceeded, _rate_limit_exceeded_handler)
security = HTTPBearer()


# Asynchronous, because FastAPI would hand a plain function to a thread for each request.
async def verify_jwt(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials, Depends(security)]
) -> dict:
    try:
        token = credentials.credentials
        key = keys.get(jwt.get_unverified_header(token).get("kid"))
        if key is None:
            raise HTTPException(401, "Invalid token")
        claims = jwt.decode(
            token,
            key,
            algorithms=["ES256", "EdDSA"],
            audience=settings["audience"],
            issuer=settings["issuer"],
            options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
        )
    except jwt.ExpiredSignatureError:
        raise HTTPException(401, "Token expired") from None
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid token") from None
    request.state.subject = claims["sub"]
    return claims


def require_role(role: str):
    async def check(user: Annotated[dict, Depends(verify_jwt)]) -> dict:
        if role not in user.get("roles", []):
            raise HTTPException(403, "Insufficient permissions")
        return user

    return check


User = Annotated[dict, Depends(verify_jwt)]
Admin = Annotated[dict, Depends(require_role("admin"))]


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=100)
    text: str = Field(max_length=1000)
    tags: list[Annotated[str, Field(max_length=20)]] = Field(max_length=10)


@app.get("/public")
@limiter.limit(UNREACHED)
async def public(request: Request):
    return {"service": "bench", "version": "1.0.0", "ready": True}


@app.get("/me")
@limiter.limit(UNREACHED)
async def me(request: Request, user: User):
    return {"subject": user["sub"], "plan": "free"}


@app.get("/limited")
@limiter.limit(UNREACHED)
@limiter.limit(UNREACHED, key_func=lambda request: request.state.subject)
async def limited(request: Request, user: User):
    return {"subject": user["sub"], "plan": "free"}


@app.get("/admin")
@limiter.limit(UNREACHED)
async def admin(request: Request, user: Admin):
    return {"users": 3, "locked": 0}


@app.get("/exhausted")
@limiter.limit(UNREACHED)
@limiter.limit("10/hour")
async def exhausted(request: Request):
    return {"ready": True}


@app.post("/notes", status_code=201)
@limiter.limit(UNREACHED)
async def create_note(request: Request, note: Note, user: Admin):
    return {"id": 1, "title": note.title, "tags": len(note.tags)}


@app.delete("/users/{user_id}", status_code=204)
@limiter.limit(UNREACHED)
async def delete_user(request: Request, user_id: str, user: Admin):
    return None


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        workers=1,
        access_log=False,
        log_level="warning",
    )
